"""The people and firms a bank knows, and their deposit accounts."""
