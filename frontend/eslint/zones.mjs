import { dirname, join, relative } from "node:path";

/** The zones of src/, and the zones that each may import. A feature may also import itself. */
const ALLOWED = {
  lib: ["lib"],
  components: ["components", "lib"],
  features: ["components", "lib"],
  app: ["app", "features", "components", "lib"],
  testing: ["app", "components", "lib", "testing"],
};

const isTest = (path) => /\.test\.tsx?$/.test(path);

/** Why a file of src/ must not import another; undefined where it may. Both paths are relative to src/. */
export function violation(importer, imported) {
  const [zone, feature] = importer.split("/");
  const [target, otherFeature] = imported.split("/");
  if (!(zone in ALLOWED) || !(target in ALLOWED)) return undefined;
  if (target === "testing" && (isTest(importer) || zone === "testing")) return undefined;
  if (zone === "features" && target === "features" && feature === otherFeature) return undefined;
  if (ALLOWED[zone].includes(target)) return undefined;
  if (zone === "features" && target === "features")
    return `Feature “${feature}” must not import feature “${otherFeature}”: move the shared part to components/ or lib/.`;
  return `${zone}/ must not import ${target}/ (allowed: ${ALLOWED[zone].join(", ")}): move the shared part down.`;
}

/** ESLint rule: the direction of imports between the zones of src/. */
export const zones = {
  meta: { type: "problem", schema: [], docs: { description: "direction of imports between the zones of src/" } },
  create(context) {
    const src = join(context.cwd, "src");
    const importer = relative(src, context.filename);
    const check = (source) => {
      if (typeof source?.value !== "string") return;
      const specifier = source.value;
      const target = specifier.startsWith("@/")
        ? specifier.slice("@/".length)
        : specifier.startsWith(".")
          ? join(dirname(importer), specifier)
          : undefined;
      const message = target && violation(importer, target);
      if (message) context.report({ node: source, message });
    };
    return {
      ImportDeclaration: ({ source }) => check(source),
      ImportExpression: ({ source }) => check(source),
      ExportNamedDeclaration: ({ source }) => check(source),
      ExportAllDeclaration: ({ source }) => check(source),
    };
  },
};
