"""Signs a request with the official signer, and tells what it would send."""

from huaweicloudsdkcore.auth.credentials import Credentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer


class Key(Credentials):
    """The two texts that the signer reads; the scopes and tokens of a request are headers by now."""

    def _process_derived_auth_params(self, derived_auth_service_name, region_id):
        """Not used."""


def sign(request):
    signed = Signer(Key(request["accessKey"], request["secretKey"])).sign(
        SdkRequest(
            method=request["method"],
            schema="https",
            host=request["host"],
            resource_path=request["path"],
            query_params=[(name, value) for name, value in request["query"]],
            header_params=dict(request["headers"]),
            body=request["body"],
        )
    )
    return {"authorization": signed.header_params["Authorization"], "uri": signed.uri}
