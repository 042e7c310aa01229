"""Lets Huawei's official Python clients make the calls that a test writes on standard input.

One JSON object a line comes in: {"id", "call", "arguments", "account"}. For each, one line goes out: {"id", "answer",
"deviations"} with what the official client made of the answer, or {"id", "exception"} with what it raised. The process ends
with its standard input.
"""

import datetime
import decimal
import json
import logging
import sys
import warnings

from huaweicloudsdkcore.exceptions.exceptions import SdkException, ServiceResponseException

import calls
import deviations
import signing

# The clients warn on standard error of every value that they convert; `deviations` is stricter than they are.
warnings.simplefilter("ignore")
# What goes wrong is told on standard output, where the test reads it.
logging.disable()


def main():
    for line in sys.stdin:
        wanted = json.loads(line)
        outcome = outcome_of(wanted)
        print(json.dumps({"id": wanted["id"], **outcome}, default=as_text), flush=True)


def outcome_of(wanted):
    if wanted["call"] == "ready":
        return {"answer": {}}
    if wanted["call"] == "sign":
        return {"answer": signing.sign(wanted["arguments"])}
    try:
        client, response = calls.make(wanted["call"], wanted["arguments"], wanted["account"])
    except ServiceResponseException as error:
        return {"exception": described(error)}
    except SdkException as error:
        return {"exception": {"class": type(error).__name__, "message": error.error_msg}}
    except Exception as error:  # A client that stumbles over an answer raises whatever Python raises.
        return {"exception": {"class": type(error).__name__, "message": str(error)}}
    return {"answer": response.to_dict(), "deviations": deviations.of(response, client.model_package)}


def described(error):
    return {
        "class": type(error).__name__,
        "status": error.status_code,
        "code": str(error.error_code),
        "message": error.error_msg,
        "requestId": error.request_id,
    }


def as_text(value):
    """Instants and exact amounts, which JSON has no type for."""
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


if __name__ == "__main__":
    main()
