import { useQuery } from "@tanstack/react-query";
import { Check, Minus } from "lucide-react";
import type { ReactNode } from "react";

import { VisibleText } from "@/components/visible-text";
import { cn } from "@/lib/class-names";
import { type ConditionPart, type Finding, getFindingConditions } from "@/lib/api/findings";
import { plural, words } from "@/lib/format";

const OPERATORS: Record<string, string> = {
  contains: "contains",
  startswith: "starts with",
  endswith: "ends with",
  re: "matches a pattern",
  cidr: "in network",
  lt: "below",
  lte: "at most",
  gt: "above",
  gte: "at least",
  exists: "present",
  fieldref: "same as field",
  differs: "other than field",
  neq: "is not",
};

/** Reads the conditions that the finding's latest event met; `undefined` while they load. */
export function useMatchedConditions({ id, version }: Finding) {
  const { data, isError } = useQuery({
    queryKey: ["findings", "conditions", id, version],
    queryFn: ({ signal }) => getFindingConditions(id, signal),
    staleTime: 300_000,
    retry: false,
  });
  return isError ? [] : data;
}

/** The fields whose values a condition shows. */
export function fieldsShown(part: ConditionPart): string[] {
  if (part.kind === "field") return part.actual?.length ? [part.name] : [];
  return part.children.filter((child) => isShown(child, part.kind)).flatMap(fieldsShown);
}

/** A rule's condition as a tree of what matched which value. Of alternatives, those that did not match are only counted. */
export function MatchedCondition({ condition }: { condition: ConditionPart }) {
  return (
    <ul aria-label="Condition" className="mb-4 space-y-1.5">
      <Part part={condition} />
    </ul>
  );
}

function Part({ part }: { part: ConditionPart }): ReactNode {
  switch (part.kind) {
    case "all":
      return part.children.map((child, index) => <Part key={index} part={child} />);
    case "any":
      return <Alternatives part={part} />;
    case "not":
      return <Exclusion part={part} />;
    case "selection":
      return (
        <Branch title={words(part.name)} holds={part.holds}>
          {part.children.map((child, index) => (
            <Part key={index} part={child} />
          ))}
        </Branch>
      );
    default:
      return <Test part={part} />;
  }
}

function Alternatives({ part }: { part: ConditionPart }) {
  const shown = part.children.filter((child) => isShown(child, part.kind));
  const others = part.children.length - shown.length;
  return (
    <>
      {shown.map((child, index) => (
        <Part key={index} part={child} />
      ))}
      {others > 0 && <li className="text-xs text-ink-2">{plural(others, "alternative")} did not match</li>}
    </>
  );
}

/** What must not match. It did not, so only its name counts. */
function Exclusion({ part }: { part: ConditionPart }) {
  const [inner] = part.children;
  const name = inner?.kind === "selection" ? words(inner.name) : "exception";
  return (
    <li className="flex items-center gap-1.5 text-ink-2">
      <Minus aria-hidden className="size-3.5 shrink-0" />
      Not: {name}
    </li>
  );
}

function Branch({ title, holds, children }: { title: string; holds: boolean; children: ReactNode }) {
  return (
    <li>
      <p className="flex items-center gap-1.5 font-medium">
        {holds && <Check aria-hidden className="size-3.5 shrink-0 text-accent" />}
        <span className="first-letter:uppercase">{title}</span>
      </p>
      <ul className={cn("mt-1 ml-1.5 space-y-0.5 border-l-2 pl-3", holds && "border-accent")}>{children}</ul>
    </li>
  );
}

/** A test of a field, or of all values: what it has, and what the rule asks for where that is not the same. */
function Test({ part: { kind, name, modifiers, expected, actual } }: { part: ConditionPart }) {
  const operator = modifiers.flatMap((modifier) => OPERATORS[modifier] ?? []).join(", ");
  const pattern = modifiers.includes("re");
  const criteria = modifiers.includes("exists") || pattern ? [] : expected;
  const same = actual?.length === 1 && criteria.some((each) => each.toLowerCase() === actual[0]?.toLowerCase());
  const asked = same && !operator ? "" : [operator || "is", criteria.join(" or ")].filter(Boolean).join(" ");
  return (
    <li className="flex flex-wrap gap-x-2 [overflow-wrap:anywhere]">
      <span className="text-ink-2">{kind === "field" ? <VisibleText text={words(name)} /> : "Any value"}</span>
      {actual && actual.length > 0 && (
        <span className="font-mono text-xs leading-5 text-ink">
          <VisibleText text={actual.join(", ")} />
        </span>
      )}
      {asked && (
        <span className="text-xs leading-5 text-ink-2">
          <VisibleText text={asked} />
        </span>
      )}
    </li>
  );
}

function isShown(child: ConditionPart, of: ConditionPart["kind"]): boolean {
  return of === "not" ? false : of !== "any" || child.holds;
}
