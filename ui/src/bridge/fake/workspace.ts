/** The files of an invented workspace. */
export const files: Record<string, { text: string; layout?: Record<string, { x: number; y: number }> }> = {
  "open-branch": {
    text: `podium: 1
name: Open a shop branch
description: Network, servers, shop front and a page, in that order.
inputs:
  branch: { type: string, title: Branch name, description: Three to twelve small letters., pattern: "^[a-z]{3,12}$" }
  size: { type: string, title: Size of the shop, enum: [small, large], default: small }
  sign: { type: string, title: Words on the sign, maxLength: 20, when: inputs.size == 'large' }
credentials:
  cloud: { type: aws, title: The account that pays }
steps:
  # The ground everything stands on.
  network:
    uses: terraform/apply
    title: Network and hosts
    credentials: { aws: cloud }
    with:
      directory: infra/network
      variables: { branch: "\${{ inputs.branch }}" }
  servers:
    uses: ansible/playbook
    title: Set up the servers
    with:
      playbook: site.yml
      inventory: { hosts: "\${{ steps.network.outputs.hosts }}" }
    retry: { attempts: 3, backoff: 2s }
  sign_off:
    uses: approval/ask
    title: Sign-off by operations
    needs: [servers]
    with: { to: [ops], message: "Open \${{ inputs.branch }}?" }
  shop:
    uses: cloudformation/deploy
    title: Shop front
    needs: [sign_off]
    if: inputs.size == 'large' || environment.name == 'play'
    credentials: { aws: cloud }
    with:
      stack: "shop-\${{ inputs.branch }}"
      template: stacks/shop.yaml
      parameters: { Hosts: "\${{ steps.network.outputs.hosts }}" }
  page:
    uses: http/check
    title: Check the page
    with: { url: "\${{ steps.shop.outputs.url }}", expect: { status: 200 } }
  tell:
    uses: http/request
    title: Tell the team
    needs: [{ step: page, on: failure }]
    with: { method: POST, url: "https://chat.example.com/hook" }
outputs:
  url: "\${{ steps.shop.outputs.url }}"
`,
    layout: {
      network: { x: 0, y: 60 }, servers: { x: 300, y: 0 }, sign_off: { x: 600, y: 0 },
      shop: { x: 900, y: 60 }, page: { x: 1200, y: 60 }, tell: { x: 1500, y: 140 },
    },
  },
  "share-folder": {
    text: `podium: 1
name: Share a folder
description: Serves a folder of this laptop as a page until you take it back.
inputs:
  folder: { type: string, title: Folder, default: public }
steps:
  serve:
    uses: site/serve
    title: Serve the folder
    with: { directory: "\${{ inputs.folder }}" }
  check:
    uses: http/check
    title: Look at the page
    with: { url: "\${{ steps.serve.outputs.url }}" }
outputs:
  url: "\${{ steps.serve.outputs.url }}"
`,
  },
  "restart-shop": {
    text: `podium: 1
name: Restart the shop, then look after the branch with the very long name nobody dares to shorten
description: Runs the playbook with the tag restart on every host of the branch.
inputs:
  branch: { type: string, title: Branch name, pattern: "^[a-z]{3,12}$" }
steps:
  restart:
    uses: ansible/playbook
    title: Restart the shop on every host of the branch, one after the other
    with:
      playbook: site.yml
      inventory: { hosts: [alpha.internal.example.com, beta.internal.example.com] }
      tags: [restart]
`,
  },
  "breaks-at-step-4": {
    text: `podium: 1
name: Breaks at step 4
description: Shows what happens when a step fails half-way.
inputs: {}
credentials:
  cloud: { type: aws }
steps:
  one: { uses: terraform/apply, title: Network, with: { directory: infra/network } }
  two: { uses: ansible/playbook, title: Servers, needs: [one], with: { playbook: site.yml, inventory: { hosts: [localhost] } } }
  three: { uses: site/serve, title: Serve the page, needs: [two], with: { directory: public } }
  four: { uses: cloudformation/deploy, title: Shop stack, needs: [three], on_error: ask, credentials: { aws: cloud }, with: { stack: shop, template: stacks/broken.yaml } }
  five: { uses: http/check, title: Check the page, needs: [four], with: { url: "http://127.0.0.1:8080" } }
`,
  },
};
