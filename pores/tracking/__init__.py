"""How features are followed: links of frames, over gaps and past contacts, and the lives they make."""
