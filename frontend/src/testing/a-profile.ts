import type { BehaviourProfile } from "@/lib/api/users";

/** Builds the behaviour profile of a user with one unusual day. */
export function aProfile(overrides: Partial<BehaviourProfile> = {}): BehaviourProfile {
  return {
    user: "mona@example.com",
    state: "known",
    withheld: null,
    since: "2026-09-27",
    until: "2026-11-25",
    active_days: 40,
    events: 1200,
    needed_days: 14,
    needed_events: 50,
    hours: [{ weekday: 2, hour: 12, days: 8 }],
    features: [
      {
        feature: "country",
        distinct: 2,
        values: [
          { value: "NL", days: 1, first_day: "2026-11-25", last_day: "2026-11-25", new: true },
          { value: "DE", days: 40, first_day: "2026-09-27", last_day: "2026-11-25", new: false },
        ],
      },
    ],
    thresholds: { login: 6000, activity: 10_000, volume: 7000 },
    scores: [
      { date: "2026-11-24", events: 30, failures: 0, login: -1200, activity: -3000, volume: 100, unusual: [] },
      { date: "2026-11-25", events: 12, failures: 1, login: 7400, activity: 2000, volume: 0, unusual: ["login"] },
    ],
    explained: {
      date: "2026-11-25",
      history_since: "2026-09-26",
      weeks_since: "2026-09-28",
      weeks_until: "2026-11-23",
      login: 7400,
      activity: 2000,
      volume: 0,
      features: [
        {
          feature: "country",
          score: 7400,
          values: [
            {
              value: "NL",
              user_count: 0,
              user_total: 212,
              everyone_count: 4,
              everyone_total: 1000,
              everyone_values: 6,
              score: 5750,
            },
          ],
        },
      ],
      volumes: [{ name: "events", count: 12, days_with_as_many: 20, active_days: 40, most: 60, score: 900 }],
    },
    risk: {
      risk: 22_400,
      days: [
        { date: "2026-11-24", risk: 0 },
        { date: "2026-11-25", risk: 22_400 },
      ],
      parts: [
        {
          date: "2026-11-25",
          rule_name: "unusual_login",
          title: "Unusual login",
          severity: "medium",
          count: 1,
          points: 15_000,
          remaining: 15_000,
        },
        {
          date: "2026-11-25",
          rule_name: null,
          title: "Unusual login",
          severity: null,
          count: 1,
          points: 7400,
          remaining: 7400,
        },
      ],
      more: 0,
      more_remaining: 0,
    },
    ...overrides,
  };
}
