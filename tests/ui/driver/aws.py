"""One call of AWS's own client against a server on loopback: aws.py ENDPOINT SERVICE OPERATION JSON."""

import json
import sys

import boto3
from botocore.exceptions import ClientError

endpoint, service, operation, parameters = sys.argv[1:]
client = boto3.client(
    service,
    endpoint_url=endpoint,
    region_name="eu-central-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
)
try:
    reply = getattr(client, operation)(**json.loads(parameters))
except ClientError as error:
    reply = {"error": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}
reply.pop("ResponseMetadata", None)
print(json.dumps(reply, default=str))
