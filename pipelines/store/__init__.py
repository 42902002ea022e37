"""The archive: one SQLite file, one writer, any number of readers. The only room that knows sqlite_utils."""
