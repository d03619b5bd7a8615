"""What happens beside an artifact's making: versions of code, locks, recovery from a killed run, progress."""
