"""Finds credentials as Huawei's SDK does, from the environment of this process, and says what they are good for.

Arguments: the address of the simulated cloud. Prints one line of JSON: the account that the cloud says the key belongs to, by a
call that the key signed; or what the SDK raised.
"""

import json
import logging
import sys

from huaweicloudsdkcore.auth.internal import MetadataAccessor
from huaweicloudsdkcore.auth.provider import CredentialProviderChain
from huaweicloudsdkcore.exceptions.exceptions import SdkException
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdksts import v1 as sts

logging.disable()


def main(url):
    # The SDK has no variable for it.
    MetadataAccessor._METADATA_ENDPOINT = url
    try:
        credentials = CredentialProviderChain.get_basic().get_credentials()
        client = (
            sts.StsClient.new_builder()
            .with_http_config(HttpConfig(user_agent="dcc-operator-tests", timeout=20))
            .with_credentials(credentials)
            .with_endpoint(url)
            .build()
        )
        answer = client.get_caller_identity(sts.GetCallerIdentityRequest())
        print(json.dumps({"account": answer.account_id}))
    except SdkException as error:
        print(json.dumps({"raised": f"{type(error).__name__}: {error}"}))


main(sys.argv[1])
