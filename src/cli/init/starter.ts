/** What `init` writes for somebody who did not say what they have. */
export const STARTER = `# Epicenter's configuration. Everything is optional; what stands here are the defaults or examples.
# Check it with:  epicenter check epicenter.yaml
# Serve it with:  epicenter serve --config epicenter.yaml

# Shown on every page.
title: Status of Example

# wall: signals arrive live and time is the wall's. signals: time is what the signals say (replays, backtests).
clock: wall

# Where log, store, token and keys are kept; relative to this file.
data: ./data

host: 127.0.0.1
port: 8080
# Proxies of yours, as addresses or ranges: what they say in X-Forwarded-For of the visitor's address is believed.
proxies: []

# How many incidents without an outage you can live with, for a service and 30 days. Fewer means later.
falseAlarmsPerMonth: 0.1

# A service that is not named here appears with its first signal; naming it gives it a title, parts and what it
# stands on. \`service\` names another service of this file.
services:
  - id: shop
    title: Shop
    components:
      - { id: checkout, name: Checkout, dependsOn: [payments] }
      - { id: search, name: Search }
    dependsOn:
      - { id: payments, name: Card payments, service: payments }
  - id: payments
    title: Payments

# Who is told when an incident is opened, changes in severity or kind, recovers, is resolved or reopened.
# Signed as Standard Webhooks says. \${NAME} is taken from the environment; $\${ stands for the characters.
notifiers: []
#  - use: webhook
#    url: https://example.org/hooks/epicenter
#    secret: \${EPICENTER_WEBHOOK_SECRET}

# What is kept how long.
keep:
  # Raw signals and orders, at least 3 days; never less than a restart needs.
  logDays: 8
  # Five-minute bins behind the charts.
  rollupDays: 400
  # Changes and notices. Incidents are kept for good.
  factDays: 400
`
