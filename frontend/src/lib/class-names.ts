import { type ClassValue, clsx } from "clsx";
import { extendTailwindMerge } from "tailwind-merge";

const merge = extendTailwindMerge({
  extend: { theme: { text: ["2xs", "xs", "sm", "base", "lg", "xl", "2xl"], shadow: ["card", "float"] } },
});

/** Joins class names; of two conflicting Tailwind classes the later wins. */
export function cn(...classes: ClassValue[]): string {
  return merge(clsx(classes));
}
