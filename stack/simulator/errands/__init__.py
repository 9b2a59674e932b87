"""What happens in a shop now and then, beside the visits: each errand is run in its turn, so that none is left out."""
