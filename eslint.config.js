// What ESLint holds of the components and their tests: no name that is unknown or unused, and nothing too long to be read at once.
import js from "@eslint/js";
import globals from "globals";

const limits = (severity) => ({
  "max-lines": [severity, { max: 250 }],
  "max-lines-per-function": [severity, { max: 60 }],
  "max-len": [severity, { code: 140 }],
});

// What is longer than that so far: a warning there, which `npx eslint .` shows.
const LONG = ["kit/schema.js", "memory_scaling", "model_variants", "patch_*", "performance", "positional_*"];
const LONG_FILES = [...LONG, "walkthrough/embed.js"].map((name) => `assets/components/${name.endsWith(".js") ? name : `${name}/*.js`}`);

export default [
  { ignores: ["build/", ".venv/"] },
  js.configs.recommended,
  { files: ["assets/components/**/*.js"], languageOptions: { globals: globals.browser }, rules: limits("error") },
  { files: ["tests/js/**/*.js", "*.config.js"], languageOptions: { globals: globals.node }, rules: limits("error") },
  { files: LONG_FILES, rules: limits("warn") },
  {
    rules: {
      eqeqeq: "error",
      "no-shadow-restricted-names": "error",
      "no-var": "error",
      "prefer-const": ["error", { destructuring: "all" }],
    },
  },
];
