import { CopyButton } from "./copy-button";
import { Code } from "./code";

/** How to send the first event, for empty states. The command works as it is shown, and raises a finding. */
export function GettingStarted() {
  const command = testEventCommand(window.location.origin, new Date());
  return (
    <>
      Send a test event from a shell, or run <Code>make demo</Code> for a month of a sample company:
      <span className="relative mt-3 block rounded-md border bg-sunken p-3 pr-10 text-left">
        <code data-testid="command" className="block font-mono text-2xs [overflow-wrap:anywhere] text-ink">
          {command}
        </code>
        <CopyButton text={command} label="Copy command" className="absolute top-1 right-1" />
      </span>
    </>
  );
}

function testEventCommand(origin: string, now: Date): string {
  const event = {
    source: "my-app",
    event_type: "api_token_created",
    user: "mona@example.com",
    timestamp: now.toISOString(),
    raw_data: { token_id: "tok-1", scopes: ["admin:*"] },
  };
  return `curl -s ${origin}/events -H 'content-type: application/json' -d '${JSON.stringify(event)}'`;
}
