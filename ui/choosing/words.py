"""The guide's inputs and answers as a person reads them."""

FIELDS: dict[str, tuple[str, dict]] = {
    "task": (
        "Task",
        {"classify": "classify pictures", "dense": "detect, segment", "search": "search by picture", "text": "pictures and words"},
    ),
    "images": (
        "Your labelled pictures",
        {
            "hundreds": "under 1,000",
            "thousands": "1,000 to 100,000",
            "hundred_thousands": "100,000 to 1 million",
            "millions": "1 to 10 million",
            "tens_of_millions": "over 10 million",
        },
    ),
    "weights": (
        "Pretrained weights at hand",
        {"none": "none", "labels": "trained with labels", "self": "self-supervised", "text": "trained with text"},
    ),
    "size": ("Resolution", {224: "224 px", 384: "384 px", 1024: "1024 px", 2048: "2048 px"}),
    "speed": ("An answer may take", {"offline": "as long as it needs", "interactive": "a moment", "video": "a video frame"}),
    "device": ("It runs on", {"server": "a server’s GPU", "laptop": "a laptop", "phone": "a phone"}),
}

APPROACHES = {
    "zero_shot": ("Use it as it is", "Compare pictures with words; nothing is trained."),
    "frozen": ("Keep the weights frozen", "Use the features, with at most one linear layer on top."),
    "finetune": ("Fine-tune pretrained weights", "All weights adapt to your pictures, from a good start."),
    "scratch": ("Train from scratch", "With strong augmentation, on your pictures alone."),
    "pretrain": ("Pretrain your own", "On all your pictures, then fine-tune it for the task."),
    "obtain": ("Get pretrained weights first", "Then fine-tune them, or use them frozen."),
}
ATTENTION = {"global": "every patch sees every other", "windowed": "windows in most layers"}
COLOURS = {
    "zero_shot": "#f0e442",
    "frozen": "#009e73",
    "finetune": "#0072b2",
    "scratch": "#e69f00",
    "pretrain": "#d55e00",
    "obtain": "#cc79a7",
}
IF_WORDS = {
    "task": "If the task were: {}",
    "images": "If you had {} labelled pictures",
    "weights": "If the weights at hand were: {}",
    "size": "If the pictures had {}",
    "speed": "If an answer might take {}",
    "device": "If it ran on {}",
}
