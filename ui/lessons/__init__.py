"""The page of lessons: plans with questions whose answers the running model gives, and a lesson of one's own."""
