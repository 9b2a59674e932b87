"""Books what happened elsewhere, in bulk, as the domains would have left it: the same rows and the same facts."""
