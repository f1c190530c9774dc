"""The consumer loop: fetch, decode, store, complete, commit."""
