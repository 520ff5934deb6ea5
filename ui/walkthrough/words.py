"""The words of the nine steps, with the numbers of the current picture in them: what to look at, what was learned, what is often said
wrongly."""

from vit_core.readout import readout
from vit_core.trace import ViTTrace

SLUGS = ("input", "patches", "vocabulary", "cls", "positions", "attention", "mlp", "layers", "classifier")
TITLES = (
    "The input problem",
    "From picture to patches",
    "The vocabulary problem",
    "The [CLS] token",
    "Positions",
    "Attention",
    "The MLP",
    "Stacking layers",
    "The classifier",
)


def words(trace: ViTTrace) -> list[dict]:
    """For each step: `title`, `look` (one sentence), `learned`, `stated` / `fact` (the common claim and its correction), and the `terms`
    it uses."""
    makers = (entry, patches, vocabulary, cls, positions, attention, mlp, layers, head)
    return [{"slug": slug, "title": title, **make(trace)} for slug, title, make in zip(SLUGS, TITLES, makers, strict=True)]


def entry(_: ViTTrace) -> dict:
    return {
        "look": "Drag the layers of the convolutional network: the bright square, all that it sees, grows slowly. The transformer’s layer "
        "1 reads everything.",
        "learned": "A convolution mixes each pixel with its neighbours, so news goes a few pixels a layer. With attention a patch reads "
        "all others at once.",
        "stated": "A layer of a CNN sees only a small patch.",
        "fact": "One layer does; stacked layers see more and more, and layers that halve the picture widen it fast. Move the switch and "
        "compare.",
        "terms": {
            "Patch:": "a small square of the picture.",
            "Layer:": "one of several like steps, each of which works on what the one before it gives.",
            "Convolution:": "each output pixel is a weighted sum of the pixels right around it.",
            "Attention:": "each output is a weighted mean over all patches; the weights are computed from the patches themselves.",
        },
    }


def patches(trace: ViTTrace) -> dict:
    (height, width), p, n = trace.image_size, trace.patch_size, trace.layout.num_patches
    chans = trace.config.in_chans
    values, each = p * p * chans, "one value" if chans == 1 else f"{chans} values"
    return {
        "look": f"Pick a patch, then a pixel of it: the {p} × {p} pixels are read row by row into one line of {values} numbers.",
        "learned": f"A picture of {height} × {width} pixels is now a list of {n} lines with {values} numbers each. Nothing is lost, only "
        "put in another order.",
        "stated": f"A {p}×{p}×{chans} patch is “{values} pixels”.",
        "fact": f"It has {p * p} pixels with {each} each: {values} values.",
        "terms": {
            "Value:": f"one number, such as the {'grey' if chans == 1 else 'red'} of one pixel.",
            "As the model reads it:": "the level from 0 to 255 divided by 255, less a mean, over a spread, both fixed"
            f"{'' if chans == 1 else ' for each colour'}: numbers around 0.",
        },
    }


def vocabulary(trace: ViTTrace) -> dict:
    d, values = trace.config.embed_dim, trace.patch_size**2 * trace.config.in_chans
    return {
        "look": f"A patch is not a word from a list: it is new every time. Pick one, then one of its {d} numbers, a sum of pixel values "
        "times learned weights.",
        "learned": "A text’s words are looked up in a table. No table has a row for each possible patch, so one learned matrix, the same "
        f"for all patches, turns whatever is in a patch into {d} numbers: its embedding.",
        "stated": "The projection matrix is 768 × 768.",
        "fact": f"It is (P²C) × D: here {values} × {d}. In ViT-B/16 both are 768, a coincidence (Dosovitskiy et al. 2021, equation 1).",
        "terms": {
            "Embedding:": "the row of numbers that stands for a patch.",
            "Learned:": "set by training, the same for every picture.",
            "Bias:": "a learned number added to the sum.",
            "Cosine:": "1 where two rows point the same way, 0 where they have nothing in common, −1 where they are opposite.",
        },
    }


def cls(trace: ViTTrace) -> dict:
    config, t = trace.config, trace.layout.num_tokens
    claims = {
        "stated": "The [CLS] token is something that text models do not have.",
        "fact": "It was taken from BERT, a text model. The average of the patches works as well, with its own learning rate "
        "(Dosovitskiy et al. 2021, section D.3).",
        "terms": {
            "Token:": "one row of the sequence: a patch, or a learned row in front of them.",
            "[CLS]:": "short for class: a row that the answer can be read off.",
            "Block:": "one round of attention and MLP, the next steps of this walk.",
        },
    }
    if readout(config).reads_mean:
        has = "has a [CLS] row, but does not read its answer off it" if config.class_token else "has no [CLS] row"
        return {
            "look": f"This model {has}: it takes the mean of the patch rows. Drag the blocks passed and see what the patches read.",
            "learned": f"There are {t} rows. At the end the patches’ rows are averaged into one, and that one decides what the model says.",
            **claims,
        }
    others = trace.layout.num_prefix_tokens - 1
    more = f" Behind it stand {others} more such rows, {', '.join(trace.layout.name(i) for i in range(1, others + 1))}." if others else ""
    return {
        "look": "One more row goes in front of the patches, [CLS]. It starts the same for every picture; each block lets it read them. "
        "Drag the blocks passed.",
        "learned": f"[CLS] is a learned row without a picture.{more} There are now {t} rows, and what this one holds at the end decides "
        "what the model says.",
        **claims,
    }


def positions(trace: ViTTrace) -> dict:
    prefix = trace.layout.num_prefix_tokens - trace.config.num_pos_prefix
    none = f" {prefix} of the rows in front have no place and get none." if prefix else ""
    then = " This model normalises the sum once more before block 1." if trace.config.pre_norm else ""
    return {
        "look": "Pick a patch: what it contains (top) plus where it is (middle) gives the token (bottom), number by number.",
        "learned": "Attention takes its rows as a heap, in no order. So each place has a learned row, which is added to the content; "
        f"near places ended up with similar rows.{none}{then}",
        "stated": "The positional encoding is two-dimensional.",
        "fact": "It is one learned row per number in the sequence, counted in reading order. That the map shows rows and columns was "
        "learned (Dosovitskiy et al. 2021, table 8 and figure 7).",
        "terms": {
            "Position:": "a token’s number in the sequence.",
            "Length:": "the root of the sum of a row’s squares.",
            "Cosine:": "1 where two rows point the same way, 0 where they have nothing in common.",
        },
    }


def attention(trace: ViTTrace) -> dict:
    scaled = " A learned factor for each number (LayerScale) comes before the sum." if trace.config.layer_scale else ""
    return {
        "look": "Follow one head along the arrows: point at any matrix to read it, click a cell to see what it is made of.",
        "learned": "The chosen row’s query is compared with every key; softmax turns the scores into shares; they mix the values; "
        f"one more matrix writes the mix back to the row.{scaled}",
        "stated": "A wheel looks at the car, sky looks at sky.",
        "fact": "That is an illustration. What this head really does is in the picture and the weights: see for yourself, head by head.",
        "terms": {
            "Head:": f"one of {trace.config.num_heads} such comparisons that run side by side, each with matrices of its own.",
            "LayerNorm:": "shifts and scales a row to mean 0 and variance 1, then applies a learned factor and offset.",
            "Query, key, value:": "three rows made of each token: what it asks for, what it answers to, what it passes on.",
            "Score:": "the dot product of a query and a key: multiply number by number, add up, divide by √head_dim.",
            "Softmax:": "exp of each score, divided by their sum: shares that add up to 1.",
        },
    }


def mlp(trace: ViTTrace) -> dict:
    config = trace.config
    d, hidden = config.embed_dim, config.mlp_hidden
    scaled = " A learned factor for each number (LayerScale) comes before the sum." if config.layer_scale else ""
    common = {"MLP:": "multi-layer perceptron: matrix, bend, matrix.", "Neuron:": f"one of the {hidden} numbers in the middle."}
    if config.ffn == "swiglu":
        return {
            "look": f"Pick a patch: each dot on the curve is the gate of one of {hidden} neurons. Choose a neuron: its bent gate is "
            "multiplied by its value.",
            "learned": f"Attention moves news between tokens. The MLP works on each alone: {d} numbers become {hidden} gates and {hidden} "
            f"values; a gate near zero shuts its value out; what is left becomes {d} numbers again.{scaled}",
            "stated": "The MLP of a ViT is two matrices with GELU in between.",
            "fact": f"This model’s is gated (SwiGLU, Shazeer 2020): three matrices, here {3 * d * hidden + 2 * hidden + d:,} parameters "
            "with the biases.",
            "terms": {
                **common,
                "SiLU:": "the bend: x divided by 1 + exp(−x).",
                "Gate:": "a number that decides how much of another passes.",
            },
        }
    return {
        "look": "Pick a patch: each dot on the curve is one neuron of this token. Choose a neuron to see which patches drive it most.",
        "learned": f"Attention moves news between tokens. The MLP works on each alone: {d} numbers become {hidden}, "
        f"the bend damps the negative ones, and what is left becomes {d} numbers again.{scaled}",
        "stated": "The MLP has 8D² parameters.",
        "fact": f"With the biases 8D² + 5D for a hidden width of 4D; this one, {d} and {hidden} wide, has {2 * d * hidden + hidden + d:,}.",
        "terms": {**common, "GELU:": "the bend: it lets large values through and damps negative ones to between −0.17 and 0."},
    }


def layers(trace: ViTTrace) -> dict:
    lens = "what the classifier would say" if trace.config.num_classes else "how far the heads reach"
    ends = "it becomes readable towards the end" if trace.config.num_classes else "it gathers from block to block"
    return {
        "look": f"Drag the blocks passed: what this patch resembles, how long its row is, what each part adds, {lens}.",
        "learned": f"Every block adds to the same rows; none is replaced. The answer is not made in one place: {ends}.",
        "stated": "Early layers see local patterns, middle ones parts, late ones the whole.",
        "fact": "Heads reach further on average in later layers. But the lowest layers of large ViTs hold both local and global heads, "
        "the highest only global ones; L/16 and H/14, trained on ImageNet alone, fail to learn locality in the lower layers "
        "(Dosovitskiy et al. 2021, section 4.5, figures 7 and 11; Raghu et al. 2021, figures 3 and 4). "
        "What this model’s heads do is measured above, beside the claim.",
        "terms": {
            "Residual stream:": "the rows that every block adds to.",
            "Reach:": "mean distance in pixels between a patch and what a head reads from it, weighted by attention.",
            "Even attention:": "the reach of a head that reads all patches alike.",
            "Logit lens:": "the classifier applied before the end, to see what would be said there (nostalgebraist 2020).",
        },
    }


def head(trace: ViTTrace) -> dict:
    config, read = trace.config, readout(trace.config)
    who, two = read.subject, read.heads == "two"
    claims = {
        "stated": "The linear classifier gives probabilities; it reads [CLS] directly.",
        "fact": "A LayerNorm comes first: y = LN(z⁰), then the classifier (Dosovitskiy et al. 2021, equation 4). It gives logits, softmax "
        "follows. In pretraining it had one hidden layer more, with tanh (sections 3.1 and D.3).",
    }
    if not config.num_classes:
        return {
            "look": f"This model has no classifier: it stops at its features, {config.embed_dim} numbers made of {read.name}. "
            "Pick a number.",
            "learned": "Features are an answer without names. Another program can compare those of two pictures, or train a "
            "classifier on them.",
            **claims,
            "terms": {
                "Features:": "what the model says of a picture, as a row of numbers.",
                "LayerNorm:": "shifts and scales a row to mean 0 and variance 1.",
            },
        }
    both = " The two classifiers’ logits are averaged." if two else ""
    multiplied = "are normalised and multiplied, each with its own" if two else "is normalised and multiplied with"
    return {
        "look": f"{who[0].upper()}{who[1:]} {multiplied} {config.num_classes} learned rows; softmax makes probabilities. Pick a class.",
        "learned": f"{'Each' if two else 'The'} classifier is one matrix with a row for each class. A class gets the more, the more its "
        f"row points the same way as {who}; the lengths of both and the class’s bias count too. The bars show which numbers did it.{both}",
        **claims,
        "terms": {
            "Logit:": "the score of a class, any number.",
            "Probability:": "what softmax makes of the logits: shares that add up to 1.",
            "Temperature:": "a number that divides the logits; it is set so that, of the answers given with 70% on validation pictures, "
            "about 70% are right. On other kinds of pictures that need not hold.",
        },
    }
