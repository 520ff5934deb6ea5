// The one table of what a link holds. JavaScript imports it and Python reads the same text (ui.state.schema): below is plain JSON.
//
// `selection`: fields that all pages share. `query`: its name in a link, where it counts from `first`. `below`: the model's own limit. With
// `of_the_model`, a link always says it for another model than the default; with `shared`, views in the browser may change it.
// `view`: what a component adds, in a short JSON text that has at most `longest` characters. A key is of one component on a page.
// Types: `whole` only whole numbers, `rounded` any number to the next whole one, `number`, `text`, `flag`, `choice` one of `choices`,
// `some` several of them, `list` one entry each, `part` keys of its own. What is outside its limits goes to the nearest within them, or
// with `outside` to the default; what is of another type is the default. A limit that is a name is given by whoever asks (`depth`).
// In a list, `exact` wants its length, and with `together` one wrong entry makes all of them the defaults.

// prettier-ignore
export const SCHEMA = {
  "selection": {
    "picture": { "query": "picture", "type": "text", "default": "coffee", "shared": true },
    "model": { "query": "model", "type": "text", "default": "bundled" },
    "image_size": {
      "query": "size", "type": "whole", "default": 224, "low": 64, "high": 512, "step": 16, "of_the_model": true, "shared": true
    },
    "patch_size": { "query": "patch", "type": "whole", "default": 16, "choices": [4, 8, 16, 32, 64], "of_the_model": true, "shared": true },
    "layer": { "query": "layer", "type": "whole", "default": 11, "first": 1, "below": "depth", "of_the_model": true, "shared": true },
    "head": { "query": "head", "type": "whole", "default": 0, "first": 1, "below": "heads", "shared": true },
    "token": { "query": "token", "type": "whole", "default": 0, "below": "tokens", "shared": true },
    "view": { "query": "view", "type": "text", "default": "", "longest": 300, "shared": true }
  },
  "view": {
    "attention": { "pages": ["attention"], "keys": {
      "way": { "type": "choice", "choices": ["row", "column"], "default": "row" },
      "scale": { "type": "choice", "choices": ["raw", "head", "shared", "log"], "default": "head" },
      "colours": { "type": "choice", "choices": ["spotlight", "viridis"], "default": "spotlight" },
      "overlay": { "type": "number", "low": 0, "high": 100, "default": null, "outside": "default" },
      "keep": { "type": "number", "low": 5, "high": 100, "default": 100, "outside": "default" },
      "tab": { "type": "choice", "choices": ["working", "matrix", "compare"], "default": "working" },
      "wall": { "type": "choice", "choices": ["layer", "all"], "default": "layer" },
      "average": { "type": "flag", "default": false },
      "pinned": { "type": "flag", "default": false },
      "second": { "type": "whole", "low": 0, "default": null, "outside": "default" }
    } },
    "compare": { "pages": ["attention", "overview"], "keys": {
      "vs": {
        "type": "list", "default": null, "together": true,
        "of": [{ "type": "choice", "choices": ["model", "picture", "setting"], "default": "model" }, { "type": "text", "default": "" }]
      },
      "mean": { "type": "flag", "default": false },
      "third": { "type": "choice", "choices": ["difference", "places"], "default": "difference" },
      "stage": { "type": "whole", "low": 0, "high": "stages", "default": null, "outside": "default" }
    } },
    "experiments": { "pages": ["experiments"], "keys": {
      "exp": { "type": "choice", "choices": ["occlusion", "curves", "heads", "tokens", "explain", "tested"], "default": "occlusion" },
      "map": { "type": "choice", "choices": ["layer", "rollout"], "default": "layer" },
      "order": { "type": "choice", "choices": ["attention", "occlusion", "random"], "default": "attention" },
      "share": { "type": "whole", "low": 0, "high": "shares", "default": null },
      "way": { "type": "choice", "choices": ["zero", "swap", "shuffle"], "default": "zero" },
      "at": { "type": "whole", "low": 0, "high": "stages", "default": 0 },
      "seen": { "type": "whole", "low": 0, "high": "depth", "default": null },
      "tok": { "type": "text", "longest": 180, "default": "", "outside": "default" },
      "why": { "type": "whole", "low": 0, "high": "classes", "default": null, "outside": "default" },
      "not": { "type": "whole", "low": 0, "high": "classes", "default": null, "outside": "default" },
      "ranks": { "type": "flag", "default": false },
      "by": { "type": "text", "longest": 12, "default": "", "outside": "default" }
    } },
    "features": { "pages": ["features"], "keys": {
      "look": { "type": "choice", "choices": ["alike", "groups", "pair", "gallery", "layers"], "default": "alike" },
      "front": { "type": "flag", "default": false },
      "rows": { "type": "choice", "choices": ["stream", "query", "key", "value", "update"], "default": "stream" },
      "content": { "type": "flag", "default": false },
      "span": { "type": "choice", "choices": ["own", "full"], "default": "own" }
    } },
    "features_components": { "pages": ["features"], "keys": {
      "mask": { "type": "choice", "choices": ["none", "above", "below"], "default": "none" }
    } },
    "features_pair": { "pages": ["features"], "keys": {
      "other": { "type": "text", "default": "" },
      "lines": { "type": "choice", "choices": ["mutual", "all", "one"], "default": "mutual" }
    } },
    "features_gallery": { "pages": ["features"], "keys": {
      "side": { "type": "choice", "choices": ["none", "above", "below"], "default": "none" }
    } },
    "features_layers": { "pages": ["features"], "keys": {
      "second": { "type": "text", "default": "" }
    } },
    "features_groups": { "pages": ["features"], "keys": {
      "groups": { "type": "whole", "low": 2, "high": 12, "default": 5 }
    } },
    "performance": { "pages": ["performance"], "keys": {
      "perf": {
        "type": "part",
        "keys": {
          "x": { "type": "choice", "choices": ["parameters", "macs", "images"], "default": "parameters" },
          "m": { "type": "choice", "choices": "models", "default": "" }, "o": { "type": "some", "choices": "data", "default": [] },
          "r": { "type": "choice", "choices": ["stated", "supervised", "all"], "default": "stated" },
          "s": { "type": "text", "default": "" }, "t": { "type": "choice", "choices": "topics", "default": "" },
          "v": { "type": "choice", "choices": "verdicts", "default": "" }, "w": { "type": "text", "longest": 24, "default": "" }
        }
      }
    } },
    "choosing": { "pages": ["choosing"], "keys": {
      "g": {
        "type": "list", "exact": true,
        "of": [
          { "type": "whole", "low": 0, "high": 3, "default": 0, "outside": "default" },
          { "type": "whole", "low": 0, "high": 4, "default": 1, "outside": "default" },
          { "type": "whole", "low": 0, "high": 3, "default": 1, "outside": "default" },
          { "type": "whole", "low": 0, "high": 3, "default": 0, "outside": "default" },
          { "type": "whole", "low": 0, "high": 2, "default": 1, "outside": "default" },
          { "type": "whole", "low": 0, "high": 2, "default": 0, "outside": "default" }
        ]
      }
    } },
    "model_variants": { "pages": ["model_variants"], "keys": {
      "var": {
        "type": "part",
        "keys": {
          "s": { "type": "text", "default": "" }, "w": { "type": "text", "default": "" },
          "f": { "type": "choice", "choices": "families", "default": "all" },
          "p": { "type": "some", "choices": "models", "most": 4, "default": ["ViT-S/16", "ViT-B/16", "ViT-L/16", "ViT-H/14"] },
          "b": { "type": "choice", "choices": ["shares", "counts"], "default": "shares" },
          "o": {
            "type": "list",
            "of": [
              { "type": "rounded", "low": 1, "high": 16384, "default": 512 }, { "type": "rounded", "low": 1, "high": 500, "default": 12 },
              { "type": "rounded", "low": 1, "high": 256, "default": 8 }, { "type": "number", "low": 0.05, "high": 64, "default": 4 },
              { "type": "rounded", "low": 1, "high": 112, "default": 16 }
            ]
          }
        }
      }
    } },
    "memory_scaling": { "pages": ["memory_scaling"], "keys": {
      "mem": {
        "type": "part",
        "keys": {
          "m": { "type": "choice", "choices": "models", "default": "ViT-B/16" },
          "r": { "type": "rounded", "low": 1, "high": 8192, "default": 384 },
          "p": { "type": "rounded", "low": 1, "high": 256, "default": 16 },
          "b": { "type": "rounded", "low": 1, "high": 65536, "default": 8 }, "t": { "type": "rounded", "low": 0, "high": 1, "default": 1 },
          "o": { "type": "choice", "choices": ["sgd", "momentum", "adam", "adafactor", "adam8bit"], "default": "adam" },
          "e": { "type": "choice", "choices": ["fp32", "mixed", "int8"], "default": "fp32" },
          "a": { "type": "rounded", "low": 0, "high": 1, "default": 0 }, "c": { "type": "rounded", "low": 0, "high": 1, "default": 0 },
          "g": { "type": "rounded", "low": -1, "high": 64, "default": -1 }, "n": { "type": "rounded", "low": 0, "high": 1, "default": 0 },
          "k": { "type": "rounded", "low": 0, "high": 1, "default": 0 },
          "d": { "type": "number", "low": 0.01, "high": 1000000, "default": 24 },
          "x": { "type": "choice", "choices": ["log", "linear"], "default": "log" },
          "y": { "type": "choice", "choices": ["bytes", "macs"], "default": "bytes" },
          "own": {
            "type": "list",
            "of": [
              { "type": "rounded", "low": 1, "high": 16384, "default": 768 }, { "type": "rounded", "low": 1, "high": 500, "default": 12 },
              { "type": "rounded", "low": 1, "high": 256, "default": 12 }, { "type": "rounded", "low": 1, "high": 131072, "default": 3072 }
            ]
          }
        }
      }
    } },
    "patch_embedding": { "pages": ["patch_embedding"], "keys": {
      "dim": { "type": "whole", "low": 0, "default": 0 },
      "panel": { "type": "choice", "choices": ["similar", "kept", "filters"], "default": "similar" }
    } },
    "patch_embedding_calculator": { "pages": ["patch_embedding"], "keys": {
      "calc": {
        "type": "list", "together": true,
        "of": [
          { "type": "whole", "low": 32, "high": 1024, "default": 384, "outside": "default" },
          { "type": "choice", "choices": [4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64], "default": 16 },
          { "type": "choice", "choices": [1, 3, 4], "default": 3 },
          { "type": "whole", "low": 64, "high": 2048, "default": 768, "outside": "default" },
          { "type": "whole", "low": 0, "high": 9, "default": 1, "outside": "default" },
          { "type": "whole", "low": 0, "high": 1, "default": 1, "outside": "default" }
        ]
      }
    } },
    "patch_grid": { "pages": ["patch_grid"], "keys": {
      "grid": {
        "type": "list", "default": null, "exact": true,
        "of": [
          { "type": "whole", "low": 1, "high": 999999, "default": null, "outside": "default" },
          { "type": "whole", "low": 1, "high": 999999, "default": null, "outside": "default" },
          { "type": "choice", "choices": ["crop", "pad", "keep"], "default": "crop" }
        ]
      },
      "over": {
        "type": "list", "default": null, "exact": true,
        "of": [
          { "type": "whole", "low": 1, "default": null, "outside": "default" },
          { "type": "whole", "low": 1, "default": null, "outside": "default" }
        ]
      },
      "at": { "type": "whole", "low": 0, "default": null }
    } },
    "positional_encoding": { "pages": ["positional_encoding"], "keys": {
      "enc": { "type": "text", "default": "learned" }, "side": { "type": "whole", "low": 0, "default": null, "outside": "default" },
      "hold": { "type": "flag", "default": false }, "range": { "type": "choice", "choices": ["full", "own"], "default": "full" },
      "pane": { "type": "choice", "choices": ["wall", "matrix"], "default": "wall" },
      "open": { "type": "choice", "choices": ["cosine", "grid", "structure", "numbered", "learn"], "default": "cosine" },
      "at": { "type": "whole", "low": 0, "default": null, "outside": "default" }
    } },
    "positional_encoding_break": { "pages": ["positional_encoding"], "keys": {
      "broken": {
        "type": "choice", "choices": ["kept", "zeroed", "shuffled", "sincos2d", "sincos1d", "random"], "default": "shuffled"
      }
    } },
    "practice": { "pages": ["practice"], "keys": {
      "pr": {
        "type": "part",
        "keys": {
          "d": {
            "type": "choice",
            "choices": ["patches", "sizes", "attention", "tokens", "bits", "distil", "scales", "adapt"],
            "default": "patches"
          },
          "k": { "type": "choice", "choices": ["full", "windows", "neighbourhood", "strided", "linear"], "default": "windows" },
          "w": { "type": "whole", "low": 1, "high": "longest", "default": null },
          "h": { "type": "whole", "low": 1, "high": "longest", "default": null },
          "s": { "type": "whole", "low": 1, "high": "longest", "default": null },
          "l": { "type": "whole", "low": 1, "high": "depth", "default": null },
          "m": { "type": "choice", "choices": ["merge", "drop"], "default": "merge" }, "r": { "type": "whole", "low": 0, "default": null },
          "b": { "type": "whole", "low": 2, "high": 8, "default": 4 }, "y": { "type": "whole", "low": 0, "high": "last", "default": 0 },
          "x": { "type": "whole", "low": 0, "high": 3, "default": 2 }, "o": { "type": "whole", "low": 0, "high": 1000000, "default": 0 },
          "t": { "type": "text", "longest": 100, "default": "" }, "e": { "type": "number", "low": 0.5, "high": 20, "default": 2 },
          "n": { "type": "whole", "low": 1, "high": 31, "default": 31 }, "c": { "type": "number", "low": 0, "high": 1, "default": 0.6 }
        }
      }
    } },
    "overview": { "pages": ["overview"], "keys": {
      "all": { "type": "flag", "default": false }
    } },
    "overview_story": { "pages": ["overview"], "keys": {
      "chapter": { "type": "whole", "low": 1, "high": 7, "default": null, "outside": "default" }
    } },
    "walkthrough": { "pages": ["walkthrough"], "keys": {
      "step": { "type": "whole", "low": 1, "high": 9, "default": 1, "outside": "default" }
    } },
    "lessons": { "pages": ["lessons"], "keys": {
      "les": { "type": "choice", "choices": ["school", "lecture", "self", "own"], "default": "school" }
    } },
    "glossary": { "pages": ["glossary"], "keys": {
      "glo": {
        "type": "part",
        "keys": {
          "e": { "type": "choice", "choices": "entries", "default": "" }, "w": { "type": "text", "longest": 40, "default": "" },
          "g": { "type": "choice", "choices": "groups", "default": "all" }
        }
      }
    } }
  }
};
