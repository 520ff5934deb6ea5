"""A Vision Transformer that shows its insides. See the README for the public interface."""
