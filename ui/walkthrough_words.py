"""The words of the nine steps, with the numbers of the current picture in them: what to look at, what was learned, what is often said wrongly."""

from vit_core.trace import ViTTrace

SLUGS = ("input", "patches", "vocabulary", "cls", "positions", "attention", "mlp", "layers", "head")
TITLES = (
    "The input problem",
    "From picture to patches",
    "The vocabulary problem",
    "The [CLS] token",
    "Positions",
    "Attention",
    "The MLP",
    "Stacking layers",
    "The head",
)


def words(trace: ViTTrace) -> list[dict]:
    """For each step: `title`, `look` (one sentence), `learned`, and `stated` / `fact` where the common claim needs a correction."""
    config, layout = trace.config, trace.layout
    (height, width), p = trace.image_size, trace.patch_size
    n, t, d, hidden = layout.num_patches, layout.num_tokens, config.embed_dim, config.mlp_hidden
    values = p * p * config.in_chans
    texts = [
        {
            "look": "Drag the layers of the convolutional network: the square it sees grows slowly. The transformer’s first layer reaches everywhere.",
            "learned": "A convolution mixes neighbours, so news travels a few pixels a layer. Attention lets every patch read every other patch at once.",
            "stated": "A CNN’s layer only sees a small patch.",
            "fact": "One layer does; stacked layers see more and more, and layers that halve the picture widen it fast. Move the switch and compare.",
        },
        {
            "look": f"Pick a patch: its {p} × {p} pixels are read row by row into one line of {values} numbers.",
            "learned": f"A picture of {height} × {width} pixels is now a list of {n} lines with {values} numbers each. Nothing is lost, only rearranged.",
            "stated": f"A {p}×{p}×{config.in_chans} patch is “{values} pixels”.",
            "fact": f"It has {p * p} pixels with {config.in_chans} values each: {values} values.",
        },
        {
            "look": "Pick a patch, then a number of its embedding: it is one sum of products, pixels times learned weights.",
            "learned": f"Text looks its words up in a table. A patch is multiplied by a matrix instead, so any of its possible contents gets {d} numbers.",
            "stated": "The projection matrix is 768 × 768.",
            "fact": f"It is (P²C) × D: here {values} × {d}. In ViT-B/16 both are 768, a coincidence (Dosovitskiy et al. 2021, equation 1).",
        },
        {
            "look": "The pink row is added in front. It is the same for every picture, until the blocks let it read the patches. Drag the layer.",
            "learned": f"[CLS] is a learned row without a picture. There are now {t} rows, and what this one holds at the end decides the class.",
            "stated": "The [CLS] token is something text models do not have.",
            "fact": "It was taken from BERT. The average of the patches works as well, with its own learning rate (Dosovitskiy et al. 2021, section D.3).",
        },
        {
            "look": "Pick a patch: what it contains (top) plus where it is (middle) gives the token (bottom), number by number.",
            "learned": "Attention alone cannot tell order. The learned vector of the place is added, and near places ended up with similar vectors.",
            "stated": "The positional encoding is two-dimensional.",
            "fact": "It is one learned vector per index, 0 for [CLS], then 1, 2, … in reading order. That the map shows rows and columns was learned "
            "(Dosovitskiy et al. 2021, table 8 and figure 7).",
        },
        {
            "look": "Follow one head from left to right. Move over any matrix; click a cell to see the dot product behind it.",
            "learned": "A query is compared with every key; softmax turns the scores into shares; they mix the values; one more matrix writes the result back.",
            "stated": "A wheel looks at the car, sky looks at sky.",
            "fact": "That is an illustration. What this head really does is in the weights row below: see for yourself, head by head.",
        },
        {
            "look": "Pick a patch: each dot on the curve is one neuron of this token. Click a neuron to see which patches drive it.",
            "learned": f"Attention moves news between tokens. The MLP works on each alone: {d} numbers become {hidden}, most of them silenced, then {d} again.",
            "stated": "The MLP has 8D² parameters.",
            "fact": f"With the biases 8D² + 5D, for a hidden width of 4D: here {2 * d * hidden + hidden + d:,}.",
        },
        {
            "look": "Drag through the layers: what this patch resembles, how long its vector is, what each part adds, what the head would say.",
            "learned": "Every block adds to the same rows. The answer is not made in one place: it becomes readable towards the end.",
            "stated": "Early layers see local patterns, middle ones parts, late ones the whole.",
            "fact": "In large ViTs the lowest layers hold both local and global heads, the highest only global ones; trained on ImageNet alone, "
            "the lower layers fail to learn locality (Dosovitskiy et al. 2021, figures 7 and 11; Raghu et al. 2021, figures 3 and 4). Measured here: the dots.",
        },
        {
            "look": f"[CLS] is normalised, multiplied with {config.num_classes} learned rows, and softmax turns the sums into probabilities. Pick a class.",
            "learned": "The head is one matrix. A class wins because its row points the same way as the [CLS] vector; the bars show which numbers did it.",
            "stated": "The linear head gives probabilities; it reads [CLS] directly.",
            "fact": "A LayerNorm comes first: y = LN(z⁰), then the head (Dosovitskiy et al. 2021, equation 4). The head gives logits, softmax follows.",
        },
    ]
    return [{"slug": slug, "title": title, **text} for slug, title, text in zip(SLUGS, TITLES, texts, strict=True)]
