import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

const noApps = {
  group: ["@nearhand/operations*", "@nearhand/field*", "**/apps/**"],
  message: "Packages never import apps; apps never import each other.",
};
const noView = {
  group: ["preact", "preact/*", "@preact/*"],
  message: "live, spatial and contract know no view library.",
};

export default tseslint.config(
  { ignores: ["dist", "**/node_modules", "packages/contract/src/generated.ts"] },
  eslint.configs.recommended,
  tseslint.configs.strict,
  {
    rules: {
      "max-lines": ["error", { max: 250, skipBlankLines: true, skipComments: true }],
      "no-restricted-imports": ["error", { patterns: [noApps] }],
      "@typescript-eslint/no-non-null-assertion": "off", // noUncheckedIndexedAccess asks for it in tight numeric loops
      "@typescript-eslint/no-unused-vars": "off", // the compiler says it (noUnusedLocals)
      "no-undef": "off", // so does it of names
    },
  },
  {
    files: ["packages/{live,spatial,contract}/src/**/*.ts"],
    rules: { "no-restricted-imports": ["error", { patterns: [noApps, noView] }] },
  },
);
