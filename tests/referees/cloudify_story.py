"""The vendor's own client (cloudify 7.0.5) drives the practice manager through a whole story.

Usage: cloudify_story.py BASE, where BASE is the address of the practice manager. One line a check; ends with 1
where one did not hold. Needs `cloudify==7.0.5` installed with `setuptools<81`.
"""

import os
import tempfile
import time
from urllib.parse import urlparse

from cloudify_rest_client import CloudifyClient
from cloudify_rest_client.exceptions import (
    CloudifyClientError,
    IllegalExecutionParametersError,
    MissingRequiredDeploymentInputError,
    UserUnauthorizedError,
)
from cloudify_rest_client.executions import Execution
from verdict import base, check, end, refusal

BLUEPRINT = """
tosca_definitions_version: cloudify_dsl_1_5
imports: [cloudify/types/types.yaml]
inputs:
  branch: { type: string }
node_templates:
  network: { type: cloudify.nodes.Network }
  web:
    type: cloudify.nodes.WebServer
    relationships: [{ type: cloudify.relationships.connected_to, target: network }]
outputs:
  name: { value: { concat: ['Filiale ', { get_input: branch }] } }
"""


def refused(call, kind, status):
    error = refusal(call, kind)
    return error is not None and error.status_code == status


def connect(base, **login):
    place = urlparse(base)
    return CloudifyClient(
        host=place.hostname, port=place.port, protocol=place.scheme,
        tenant='default_tenant', **login)


def ended(client, execution_id, seconds=60):
    until = time.time() + seconds
    while time.time() < until:
        execution = client.executions.get(execution_id)
        if execution.status in Execution.END_STATES:
            return execution
        time.sleep(0.2)
    return client.executions.get(execution_id)


def start(client, deployment, workflow, **more):
    until = time.time() + 30
    while True:
        try:
            return client.executions.start(deployment, workflow, **more)
        except CloudifyClientError as error:
            early = str(error.error_code).startswith('deployment_environment_creation')
            if not early or time.time() > until:
                raise
            time.sleep(0.2)


def main():
    client = connect(base, username='admin', password='practice')
    check('the version is told', client.manager.get_version()['version'] == '7.0.5')
    check('the status is OK', client.manager.get_status()['status'] == 'OK')
    check('a wrong password is refused', refused(
        lambda: connect(base, username='admin', password='wrong').blueprints.list(),
        UserUnauthorizedError, 401))
    token = client.tokens.create()
    by_token = connect(base, token=token.value)
    check('a token is as good as a password', len(by_token.tenants.list()) >= 1)

    first = client.deployments.list(_size=50, _offset=0, sort='id')
    check('the deployments come in pages', len(first) == 50 and first.metadata.pagination.total >= 160)
    seen = [d.id for offset in range(0, 200, 50)
            for d in client.deployments.list(_size=50, _offset=offset, sort='id')]
    check('no deployment is lost between pages', len(seen) == len(set(seen)) >= 160)

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'shop', 'blueprint.yaml')
        os.mkdir(os.path.dirname(path))
        with open(path, 'w', encoding='utf-8') as file:
            file.write(BLUEPRINT)
        client.blueprints.validate(path, 'referee')
        check('a checked blueprint is not kept', 'referee' not in [b.id for b in client.blueprints.list()])
        blueprint = client.blueprints.upload(path, 'referee')
        check('a blueprint is uploaded', blueprint['state'] == 'uploaded')
        check('its plan has the nodes', len(client.blueprints.get('referee').plan['nodes']) == 2)
        check('the same id again is a conflict', refused(
            lambda: client.blueprints.upload(path, 'referee'), CloudifyClientError, 409))

    check('a missing input is refused', refused(
        lambda: client.deployments.create('referee', 'referee-1', inputs={}),
        MissingRequiredDeploymentInputError, 400))
    made = client.deployments.create(
        'referee', 'referee-1', inputs={'branch': 'Zürich'}, labels=[{'made-by': 'referee'}])
    check('a deployment is made', made.id == 'referee-1')
    check('its label is kept', client.deployments.get('referee-1').labels[0]['value'] == 'referee')

    dry = ended(client, start(client, 'referee-1', 'install', dry_run=True).id)
    check('a dry run ends well', dry.status == Execution.TERMINATED and dry.is_dry_run)
    states = {n.state for n in client.node_instances.list(deployment_id='referee-1')}
    check('a dry run changes nothing', states == {'uninitialized'})
    install = start(client, 'referee-1', 'install')
    check('a second one is refused while one runs', refused(
        lambda: client.executions.start('referee-1', 'uninstall'), CloudifyClientError, 400))
    install = ended(client, install.id)
    check('install ends well', install.status == Execution.TERMINATED)
    check('all operations are counted', install.finished_operations == install.total_operations > 0)
    states = {n.state for n in client.node_instances.list(deployment_id='referee-1')}
    check('the node instances are started', states == {'started'})
    outputs = client.deployments.outputs.get('referee-1').outputs
    check('the outputs are worked out', outputs['name'] == 'Filiale Zürich')

    events = client.events.list(include_logs=True, execution_id=install.id, _size=1000, _offset=0)
    kinds = [e.get('event_type') for e in events]
    check('the events tell the story',
          'workflow_started' in kinds and kinds.count('task_succeeded') == 6 and 'workflow_succeeded' in kinds)
    later = client.events.list(include_logs=True, execution_id=install.id, _size=1000, _offset=5)
    check('events go on from an offset', len(later) == len(events) - 5)

    scale = ended(client, start(client, 'referee-1', 'scale', parameters={
        'scalable_entity_name': 'web', 'delta': 2}).id)
    count = len(client.node_instances.list(deployment_id='referee-1', node_id='web'))
    check('a scaling adds instances', scale.status == Execution.TERMINATED and count == 3)
    check('an undeclared parameter is refused', refused(
        lambda: client.executions.start('referee-1', 'scale', parameters={
            'scalable_entity_name': 'web', 'bogus': 1}), IllegalExecutionParametersError, 400))

    update = client.deployment_updates.update_with_existing_blueprint(
        'referee-1', inputs={'branch': 'Genève'}, preview=True)
    ended(client, update.execution_id)
    update = client.deployment_updates.get(update.id)
    check('an update is previewed', update.state == 'preview' and len(update.steps) > 0)
    check('a preview changes nothing', client.deployments.get('referee-1').inputs['branch'] == 'Zürich')

    running = start(client, 'referee-1', 'restart')
    client.executions.cancel(running.id)
    check('an execution is cancelled', ended(client, running.id).status == Execution.CANCELLED)

    client.secrets.create('referee-secret', 'a value', is_hidden_value=True)
    check('a secret is listed without its value', all(
        'value' not in s or not s['value'] for s in client.secrets.list()))
    client.secrets.delete('referee-secret')

    check('live nodes keep a deployment', refused(
        lambda: client.deployments.delete('referee-1'), CloudifyClientError, 400))
    uninstall = ended(client, start(client, 'referee-1', 'uninstall').id)
    check('uninstall ends well', uninstall.status == Execution.TERMINATED)
    client.deployments.delete('referee-1')
    until = time.time() + 30
    while 'referee-1' in [d.id for d in client.deployments.list(id='referee-1')] and time.time() < until:
        time.sleep(0.2)
    check('the deployment is gone', refused(
        lambda: client.deployments.get('referee-1'), CloudifyClientError, 404))
    client.blueprints.delete('referee')
    check('the blueprint is gone', 'referee' not in [b.id for b in client.blueprints.list()])
    end()


main()
