import { useQuery } from "@tanstack/react-query";
import { Activity, BookOpenCheck, type LucideIcon, ShieldAlert, Users } from "lucide-react";
import { createSerializer, parseAsArrayOf, parseAsString } from "nuqs";
import { useEffect, useState } from "react";

import { getEvent } from "@/lib/api/events";
import { getFindings } from "@/lib/api/findings";
import { getRules } from "@/lib/api/rules";
import { getUsers } from "@/lib/api/users";
import { words } from "@/lib/format";
import { typedFact } from "@/lib/typed-fact";

const DEBOUNCE_MS = 200;
const MIN_LENGTH = 2;
const MAX_RESULTS = 5;

/** An object found by the command menu. */
export interface SearchResult {
  id: string;
  title: string;
  detail: string;
  group: "Findings" | "Users" | "Rules" | "Events";
  icon: LucideIcon;
  to: string;
}

/** Finds users, rules and findings by text, and events and findings by id. */
export function useSearchResults(typed: string): { results: SearchResult[]; busy: boolean } {
  const q = useDebounced(typed.trim());
  const id = /^\d{1,15}$/.test(q) ? Number(q) : null;
  const enabled = q.length >= MIN_LENGTH;
  const options = { enabled, staleTime: 10_000, retry: false } as const;
  const findings = useQuery({
    queryKey: ["search", "findings", q],
    queryFn: ({ signal }) => getFindings({ q, page_size: MAX_RESULTS, sort: "risk_score" }, signal),
    ...options,
  });
  const users = useQuery({
    queryKey: ["search", "users", q],
    queryFn: ({ signal }) => getUsers({ q, limit: MAX_RESULTS }, signal),
    ...options,
  });
  const rules = useQuery({ queryKey: ["rules", "list"], queryFn: ({ signal }) => getRules(signal), ...options });
  const event = useQuery({
    queryKey: ["events", "one", id],
    queryFn: ({ signal }) => getEvent(id ?? 0, signal),
    staleTime: 10_000,
    retry: false,
    enabled: id !== null,
  });
  const fact = typedFact(q);
  const results: SearchResult[] = [
    ...(fact
      ? [
          {
            id: "events.fact",
            title: `Events with ${fact.replace(":", ": ")}`,
            detail: "All events that share the fact",
            group: "Events" as const,
            icon: Activity,
            to: `/events${createSerializer({ fact: parseAsArrayOf(parseAsString) })({ fact: [fact] })}`,
          },
        ]
      : []),
    ...(event.data && id !== null
      ? [
          {
            id: `event.${id}`,
            title: `Event ${id}: ${words(event.data.event_type)}`,
            detail: event.data.user ?? event.data.source,
            group: "Events" as const,
            icon: Activity,
            to: `/events?event=${id}`,
          },
        ]
      : []),
    ...(enabled ? (findings.data?.items ?? []) : []).map((finding) => ({
      id: `finding.${finding.id}`,
      title: finding.title,
      detail: finding.user ?? finding.description,
      group: "Findings" as const,
      icon: ShieldAlert,
      to: `/findings/${finding.id}`,
    })),
    ...(enabled ? (users.data?.items ?? []) : []).map(({ user, findings: count }) => ({
      id: `user.${user}`,
      title: user,
      detail: count === 1 ? "1 finding" : `${count} findings`,
      group: "Users" as const,
      icon: Users,
      to: `/users/${encodeURIComponent(user)}`,
    })),
    ...(enabled ? (rules.data ?? []) : [])
      .filter(({ title, rule_name }) => `${title} ${rule_name}`.toLowerCase().includes(q.toLowerCase()))
      .slice(0, MAX_RESULTS)
      .map(({ title, rule_name, family }) => ({
        id: `rule.${rule_name}`,
        title,
        detail: words(family),
        group: "Rules" as const,
        icon: BookOpenCheck,
        to: `/rules/${encodeURIComponent(rule_name)}`,
      })),
  ];
  const loading = [findings, users, rules, event].some((query) => query.isFetching);
  return { results, busy: loading || q !== typed.trim() };
}

function useDebounced(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
