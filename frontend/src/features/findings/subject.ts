import { words } from "@/lib/format";

interface Subject {
  user: string | null;
  group: Record<string, unknown>;
}

/** Who or what a finding is about: its user, else the values it is grouped by, else everything. */
export function subjectOf({ user, group }: Subject): string {
  if (user) return user;
  const values = Object.entries(group).filter(([, value]) => value !== null && value !== "");
  return values.length > 0 ? values.map(([name, value]) => `${words(name)} ${String(value)}`).join(", ") : "All users";
}
