import { ShieldOff } from "lucide-react";
import { useState } from "react";

import { Allowed } from "@/components/allowed";
import { Button } from "@/components/button";
import { ExceptionDialog } from "@/components/exceptions/exception-dialog";
import type { Matcher } from "@/lib/api/exceptions";
import type { Finding } from "@/lib/api/findings";
import { shortcuts } from "@/lib/keyboard/shortcuts";

/** Excludes the user of a finding, or its group, from its rule for a time. */
export function MakeException({ finding }: { finding: Finding }) {
  return (
    <Allowed scope="exceptions:write">
      <OpenDialog finding={finding} />
    </Allowed>
  );
}

function OpenDialog({ finding }: { finding: Finding }) {
  const [open, setOpen] = useState(false);
  shortcuts.useAdd([
    { keys: "n", action: "Make an exception for the finding", group: "Finding", run: () => setOpen(true) },
  ]);
  return (
    <>
      <Button aria-keyshortcuts="n" onClick={() => setOpen(true)}>
        <ShieldOff aria-hidden />
        {finding.user === null ? "Exclude from rule…" : "Exclude user from rule…"}
      </Button>
      {open && (
        <ExceptionDialog matcher={matcherOf(finding)} since={finding.first_seen} onClose={() => setOpen(false)} />
      )}
    </>
  );
}

/** The rule and the user of a finding; without a user its group. */
function matcherOf({ rule_name, user, group }: Finding): Matcher {
  if (user !== null) return { rule: [rule_name], user: [user] };
  const values = Object.entries(group).map(([name, value]) => [name, value === null ? null : String(value)] as const);
  return { rule: [rule_name], ...(values.length > 0 && { group: Object.fromEntries(values) }) };
}
