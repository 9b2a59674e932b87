"""The warehouse: typed landing tables, the views that build the marts, the sink that fills them and its clients."""
