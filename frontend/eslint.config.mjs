import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

import { zones } from "./eslint/zones.mjs";

export default tseslint.config(
  { ignores: ["dist", "src/lib/api/schema.gen.ts"] },
  ...tseslint.configs.strict,
  hooks.configs.flat["recommended-latest"],
  { files: ["src/**"], plugins: { mcm: { rules: { zones } } }, rules: { "mcm/zones": "error" } },
  {
    rules: {
      // event text is always rendered as text
      "no-restricted-syntax": [
        "error",
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: "Render text as text: event data comes from outside.",
        },
      ],
      "react-hooks/incompatible-library": "off",
    },
  },
);
