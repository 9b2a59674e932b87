"""What Atlantic promises under force: short forms run with every test, long ones by `make promises`."""
