// What ESLint holds of the components and their tests: no name that is unknown or unused, and nothing too long to be read at once.
import js from "@eslint/js";
import globals from "globals";

const limits = (severity) => ({
  "max-lines": [severity, { max: 250 }],
  "max-lines-per-function": [severity, { max: 60 }],
  "max-len": [severity, { code: 140 }],
});

// The table of what a link holds is one piece, however long.
const LONG_FILES = ["assets/components/kit/schema.js"];

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
