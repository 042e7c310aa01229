"""Compares an answer, as it came over the wire, with what the official client declares about it.

The client itself forgives much: it turns "5" into 5, and drops fields that it does not know. Here both are told, because
either means that whoever wrote the answer and Huawei's own code do not mean the same wire.
"""

import datetime
import decimal
import re

from dateutil.parser import parse

JSON_TYPES = {
    "str": (str,),
    "bytes": (str,),
    "bool": (bool,),
    "int": (int,),
    "long": (int,),
    "float": (int, float, decimal.Decimal),
    "decimal.Decimal": (int, float, decimal.Decimal),
    "datetime": (str,),
    "date": (str,),
}


def of(response, models):
    """Every place of the answer that is not as declared: `data[0].status: declared int, but is "2"`."""
    body = response.to_json_object() if response.raw_content else None
    if body is None:
        return []
    return list(in_model(body, type(response), "", models))


def in_value(value, declared, path, models):
    if value is None or declared == "object":
        return
    many = re.fullmatch(r"list\[(.*)\]", declared)
    by_name = re.fullmatch(r"dict\([^,]*, (.*)\)", declared)
    if many:
        yield from in_list(value, many.group(1), path, models)
    elif by_name:
        yield from in_dict(value, by_name.group(1), path, models)
    elif declared in JSON_TYPES:
        yield from in_primitive(value, declared, path)
    else:
        yield from in_model(value, getattr(models, declared), path, models)


def in_list(value, of_what, path, models):
    if not isinstance(value, list):
        yield told(path, "a list", value)
        return
    for place, item in enumerate(value):
        yield from in_value(item, of_what, f"{path}[{place}]", models)


def in_dict(value, of_what, path, models):
    if not isinstance(value, dict):
        yield told(path, "an object", value)
        return
    for name, item in value.items():
        yield from in_value(item, of_what, f"{path}.{name}", models)


def in_primitive(value, declared, path):
    # In Python a bool is an int too.
    right = isinstance(value, JSON_TYPES[declared]) and (declared == "bool" or not isinstance(value, bool))
    if not right:
        yield told(path, declared, value)
    elif declared in ("datetime", "date") and not is_time(value):
        yield told(path, "a time", value)


def is_time(text):
    try:
        return isinstance(parse(text), datetime.datetime)
    except ValueError:
        return False


def in_model(value, model, path, models):
    if not isinstance(value, dict):
        yield told(path, model.__name__, value)
        return
    types = {model.attribute_map[attribute]: declared for attribute, declared in model.openapi_types.items()}
    for name, item in value.items():
        place = f"{path}.{name}".lstrip(".")
        if name in types:
            yield from in_value(item, types[name], place, models)
        else:
            yield f"{place}: {model.__name__} has no such field"


def told(path, declared, value):
    return f"{path}: declared {declared}, but is {value!r}"
