"""Knowledge distillation: a fresh Vision Transformer learns the function of a trained one, from pictures that need no labels.

`python -m vit_core.train --teacher FOLDER --data PICTURES --out RUN` runs it; `recipe.py` says in which phases. After Hinton et al. 2015
(the teacher's probabilities as targets), Romero et al. 2015 (its inner activations) and Beyer et al. 2022 (the same view for both,
for long).
"""
