import { useQuery } from "@tanstack/react-query";
import { Activity, BookOpenCheck, type LucideIcon, ShieldAlert, Users } from "lucide-react";
import { createSerializer, parseAsArrayOf, parseAsString } from "nuqs";
import { useEffect, useState } from "react";

import { search, type SearchResponse } from "@/lib/api/search";
import { words } from "@/lib/format";
import { typedFact } from "@/lib/typed-fact";

const DEBOUNCE_MS = 200;
const MIN_LENGTH = 2;
const MAX_LENGTH = 512;
const MAX_RESULTS = 5;

const NOTHING: SearchResponse = { findings: [], users: [], rules: [], events: [] };

/** An object found by the command menu. */
export interface SearchResult {
  id: string;
  title: string;
  detail: string;
  group: "Findings" | "Users" | "Rules" | "Events";
  icon: LucideIcon;
  to: string;
}

/** Finds findings, users and rules by text, events by id or fact. */
export function useSearchResults(typed: string): { results: SearchResult[]; busy: boolean } {
  const q = useDebounced(typed.trim());
  // a single digit can be an id, a single letter is in every text
  const enabled = (q.length >= MIN_LENGTH || /^\d$/.test(q)) && q.length <= MAX_LENGTH;
  const { data, isFetching } = useQuery({
    queryKey: ["search", q],
    queryFn: ({ signal }) => search(q, MAX_RESULTS, signal),
    enabled,
    staleTime: 10_000,
    retry: false,
  });
  const fact = typedFact(q);
  const results = [...(fact ? [factResult(fact)] : []), ...found(enabled && data ? data : NOTHING)];
  return { results, busy: isFetching || q !== typed.trim() };
}

function factResult(fact: string): SearchResult {
  return {
    id: "events.fact",
    title: `Events with ${fact.replace(":", ": ")}`,
    detail: "All events that share the fact",
    group: "Events",
    icon: Activity,
    to: `/events${createSerializer({ fact: parseAsArrayOf(parseAsString) })({ fact: [fact] })}`,
  };
}

function found({ findings, users, rules, events }: SearchResponse): SearchResult[] {
  return [
    ...events.map(({ id, event_type, user, source }) => ({
      id: `event.${id}`,
      title: `Event ${id}: ${words(event_type)}`,
      detail: user ? `${user}, ${source}` : source,
      group: "Events" as const,
      icon: Activity,
      to: `/events?event=${id}`,
    })),
    ...findings.map(({ id, title, user, description, withdrawn }) => ({
      id: `finding.${id}`,
      title,
      detail: `${withdrawn ? "Withdrawn: " : ""}${user ?? description}`,
      group: "Findings" as const,
      icon: ShieldAlert,
      to: `/findings/${id}`,
    })),
    ...users.map(({ user, findings: count }) => ({
      id: `user.${user}`,
      title: user,
      detail: count === 1 ? "1 finding" : `${count} findings`,
      group: "Users" as const,
      icon: Users,
      to: `/users/${encodeURIComponent(user)}`,
    })),
    ...rules.map(({ rule_name, title, level, active }) => ({
      id: `rule.${rule_name}`,
      title,
      detail: active ? words(level) : "Inactive",
      group: "Rules" as const,
      icon: BookOpenCheck,
      to: `/rules/${encodeURIComponent(rule_name)}`,
    })),
  ];
}

function useDebounced(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
