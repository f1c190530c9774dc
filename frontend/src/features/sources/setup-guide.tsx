import { Code } from "@/components/code";
import { CopyButton } from "@/components/copy-button";
import { Panel } from "@/components/panel";

interface Step {
  title: string;
  create: string;
  permissions: string;
  paste: string;
}

const STEPS: readonly Step[] = [
  {
    title: "Okta",
    create: "Security → API → Tokens: create a token as a read-only administrator.",
    permissions: "Read the System Log (okta.logs.read).",
    paste: "okta:\n  connector: okta.system\n  url: https://example.okta.com\n  token: ${OKTA_TOKEN}",
  },
  {
    title: "GitHub audit log",
    create: "Settings → Developer settings: create a token of an organization owner, or install a GitHub App.",
    permissions: "read:audit_log; as an App: read organization administration.",
    paste: "github:\n  connector: github.audit\n  organization: example\n  token: ${GITHUB_TOKEN}",
  },
  {
    title: "AWS CloudTrail",
    create: "A queue in SQS that the trail's bucket notifies of new objects.",
    permissions: "sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes, s3:GetObject, s3:ListBucket.",
    paste:
      "cloudtrail:\n  connector: aws.cloudtrail.s3\n  region: eu-west-1\n  queue_url: https://sqs.eu-west-1.amazonaws.com/111122223333/trail\n  bucket: example-trail",
  },
  {
    title: "AWS without a trail",
    create: "A role or user of the account, for the management events of one region.",
    permissions: "cloudtrail:LookupEvents.",
    paste: "aws:\n  connector: aws.cloudtrail.lookup\n  region: eu-west-1",
  },
  {
    title: "Entra ID",
    create: "App registrations: register an application and create a client secret.",
    permissions: "Microsoft Graph, application permission AuditLog.Read.All, with admin consent.",
    paste:
      "entra-sign-ins:\n  connector: azure.signin\n  tenant: example.onmicrosoft.com\n  client_id: 00000000-0000-0000-0000-000000000000\n  client_secret: ${ENTRA_SECRET}\nentra-audit:\n  connector: azure.audit\n  tenant: example.onmicrosoft.com\n  client_id: 00000000-0000-0000-0000-000000000000\n  client_secret: ${ENTRA_SECRET}",
  },
  {
    title: "Azure activity log",
    create: "Monitor → Activity log → Export: send the log to an event hub.",
    permissions: "A shared access policy of the hub with the right to listen.",
    paste:
      "azure:\n  connector: azure.eventhub\n  namespace: example.servicebus.windows.net:9093\n  hub: insights-activity-logs\n  connection_string: ${EVENT_HUB}",
  },
  {
    title: "Webhooks",
    create:
      "A webhook to /webhooks/github or an event hook to /webhooks/okta of this server; /webhooks/generic/<name> takes any other.",
    permissions: "None. The secret goes into the environment of the API; without it the endpoint does not exist.",
    paste: "MCM_WEBHOOK_GITHUB_SECRET=at-least-16-characters",
  },
];

/** How to connect each source: what to create there, which permissions, what to paste where. */
export function SetupGuide({ open }: { open: boolean }) {
  return (
    <details open={open} className="group">
      <summary className="cursor-pointer py-1 text-sm font-semibold">Connect a source</summary>
      <p className="max-w-2xl pb-3 text-ink-2">
        Paste an entry below <Code>sources:</Code> in <Code>sources.yml</Code>, set the variable in the environment, run{" "}
        <Code>mcm-ingestor check</Code>, then <Code>mcm-ingestor run</Code>.
      </p>
      <div className="grid items-start gap-3 md:grid-cols-2 xl:grid-cols-3">
        {STEPS.map((step) => (
          <Panel key={step.title} title={step.title}>
            <dl className="grid gap-2 text-ink-2">
              <div>
                <dt className="text-xs font-medium text-ink">Create</dt>
                <dd>{step.create}</dd>
              </div>
              <div>
                <dt className="text-xs font-medium text-ink">Permissions</dt>
                <dd>{step.permissions}</dd>
              </div>
            </dl>
            <div className="relative mt-3">
              <pre className="overflow-x-auto rounded-md border bg-sunken p-3 pr-10 font-mono text-2xs" tabIndex={0}>
                {step.paste}
              </pre>
              <CopyButton
                text={step.paste}
                label={`Copy the entry for ${step.title}`}
                className="absolute top-1 right-1"
              />
            </div>
          </Panel>
        ))}
      </div>
    </details>
  );
}
