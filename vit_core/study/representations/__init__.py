"""What tokens have become: how alike their rows are, in one picture, in two and between layers; groups of them; pictures compared."""
