"""How well the promises were kept: figures that add up, and what is fair to say of a miss."""
