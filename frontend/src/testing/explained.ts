import type { Schema } from "@/lib/api/schema";

const part = { holds: true, name: "", modifiers: [], expected: [], actual: null, children: [] };

const field = (name: string, actual: string, modifiers: string[] = [], expected = [actual]) => ({
  ...part,
  kind: "field" as const,
  name,
  modifiers,
  expected,
  actual: [actual],
});

/** made_public and (event_type and visibility or owner) and not expected */
export const explained: Schema<"ExplainedRule">[] = [
  {
    rule_name: "bucket_made_public",
    title: "Public storage bucket",
    condition: {
      ...part,
      kind: "all",
      children: [
        {
          ...part,
          kind: "selection",
          name: "made_public",
          children: [
            {
              ...part,
              kind: "any",
              children: [
                {
                  ...part,
                  kind: "all",
                  children: [
                    field("event_type", "storage_bucket_permission_changed"),
                    field("visibility", "public", ["re"], ["^public"]),
                  ],
                },
                { ...field("owner", "mona", [], ["root"]), holds: false },
              ],
            },
          ],
        },
        {
          ...part,
          kind: "not",
          children: [{ ...part, kind: "selection", name: "expected", holds: false }],
        },
      ],
    },
  },
];
