"""Coupons and discounts that apply by themselves."""
