"""Two leads that are one person, made one and made two again."""
