"""Attacks on a running product: within its limits of memory and time, and without loss of anything legitimate.

``make abuse`` runs them in full and prints what each one did; the usual run of the tests has them in short.
"""
