"""One script a page; Streamlit runs it from top to bottom on every visit."""
