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

TERMS = (
    {
        "Patch:": "a small square of the picture.",
        "Convolution:": "each output pixel is a weighted sum of the pixels right around it.",
        "Attention:": "each output is a weighted mean over all patches; the weights are computed from the patches themselves.",
        "Head:": "one of several such means that run side by side.",
    },
    {"Value:": "one number, such as the red of one pixel.", "As the model reads it:": "the level from 0 to 255, shifted and scaled to be around 0."},
    {
        "Embedding:": "the row of numbers that stands for a patch.",
        "Bias:": "a learned number added to the sum.",
        "Cosine:": "1 where two rows point the same way, 0 where they have nothing in common.",
        "Learned:": "set by training, the same for every picture.",
    },
    {
        "Token:": "one row of the sequence, a patch or [CLS].",
        "[CLS]:": "short for class: the row that the answer is read from.",
        "Block:": "one round of attention and MLP.",
    },
    {"Position:": "a token’s number in the sequence.", "Length:": "the root of the sum of a row’s squares."},
    {
        "LayerNorm:": "shifts and scales a row to mean 0 and variance 1, then applies a learned factor and offset.",
        "Query, key, value:": "three rows made of each token: what it asks, what it answers to, what it passes on.",
        "Score:": "the dot product of a query and a key.",
        "Softmax:": "exp of each score, divided by their sum: shares that add up to 1.",
    },
    {
        "MLP:": "two matrices with a bend in between.",
        "Neuron:": "one of the numbers in the middle.",
        "GELU:": "the bend: it lets large values through and presses negative ones to about zero.",
    },
    {
        "Residual stream:": "the rows that every block adds to.",
        "Logit lens:": "the head applied before the end, to see what would be said.",
        "Reach:": "mean distance between a patch and what it attends to, weighted by attention.",
    },
    {
        "Logit:": "the score of a class, any number.",
        "Probability:": "what softmax makes of the logits.",
        "Temperature:": "a number that divides the logits; it is set so that a probability of 70% is right in about 70% of the cases.",
    },
)


def words(trace: ViTTrace) -> list[dict]:
    """For each step: `title`, `look` (one sentence), `learned`, `stated` / `fact` (the common claim and its correction), and the `terms` it uses."""
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
    rows = zip(SLUGS, TITLES, texts, TERMS, strict=True)
    return [{"slug": slug, "title": title, **text, "terms": terms} for slug, title, text, terms in rows]
