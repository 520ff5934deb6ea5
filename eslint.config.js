// What ESLint holds of the components and their tests: no name that is unknown or unused, and nothing too long to be read at once.
import js from "@eslint/js";
import globals from "globals";

const limits = {
  "max-lines": ["error", { max: 250 }],
  "max-lines-per-function": ["error", { max: 60 }],
  "max-len": ["error", { code: 140 }],
};

export default [
  { ignores: ["build/", ".venv/"] },
  js.configs.recommended,
  { files: ["assets/components/**/*.js"], languageOptions: { globals: globals.browser }, rules: limits },
  { files: ["tests/js/**/*.js", "*.config.js"], languageOptions: { globals: globals.node }, rules: limits },
  {
    rules: {
      eqeqeq: "error",
      "no-shadow-restricted-names": "error",
      "no-var": "error",
      "prefer-const": ["error", { destructuring: "all" }],
    },
  },
];
