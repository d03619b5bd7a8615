"""What came of it: tables and pictures of one model, and of several side by side."""
