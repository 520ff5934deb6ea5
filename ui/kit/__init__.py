"""What every page is built from: components and their payloads, formulas, checks and exports."""
