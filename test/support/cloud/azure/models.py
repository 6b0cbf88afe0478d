"""Writes JSON schemas of what Azure's services take, from the models of Microsoft's own packages for Python.

The packages know each field's name on the wire, its type, whether it is required, which words an enumeration has, and
in which kind of request a field may be. Fields that they do not know are refused by the schemas.
"""

import enum
import importlib
import inspect
import json
import pathlib
import re
import sys
import typing

# What is asked for, the package it is in, and its model.
REQUESTS = {
    "PUT Microsoft.Resources/resourceGroups": ("resource.resources", "ResourceGroup"),
    "PUT Microsoft.Network/virtualNetworks": ("network", "VirtualNetwork"),
    "PUT Microsoft.Network/dnsZones": ("dns", "Zone"),
    "PUT Microsoft.Network/dnsZones/A": ("dns", "RecordSet"),
    "PUT Microsoft.Network/dnsZones/AAAA": ("dns", "RecordSet"),
    "PUT Microsoft.Network/dnsZones/CNAME": ("dns", "RecordSet"),
    "PUT Microsoft.Network/privateDnsZones": ("privatedns", "PrivateZone"),
    "PUT Microsoft.Network/privateDnsZones/virtualNetworkLinks": ("privatedns", "VirtualNetworkLink"),
    "PUT Microsoft.ManagedIdentity/userAssignedIdentities": ("msi.v2024_11_30", "Identity"),
    "PUT Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials": (
        "msi.v2024_11_30",
        "FederatedIdentityCredential",
    ),
    "PUT Microsoft.Authorization/roleAssignments": (
        "authorization.v2022_04_01",
        "RoleAssignmentCreateParameters",
    ),
    "PUT Microsoft.ContainerService/managedClusters": ("containerservice", "ManagedCluster"),
    "PUT Microsoft.ContainerRegistry/registries": ("containerregistry", "Registry"),
    "PATCH Microsoft.ContainerRegistry/registries": ("containerregistry", "RegistryUpdateParameters"),
    "POST Microsoft.ContainerRegistry/checkNameAvailability": (
        "containerregistry",
        "RegistryNameCheckRequest",
    ),
    "PUT Microsoft.DBforPostgreSQL/flexibleServers": ("postgresqlflexibleservers", "Server"),
    "PATCH Microsoft.DBforPostgreSQL/flexibleServers": ("postgresqlflexibleservers", "ServerForPatch"),
    "POST Microsoft.DBforPostgreSQL/checkNameAvailability": (
        "postgresqlflexibleservers",
        "CheckNameAvailabilityRequest",
    ),
}

# Where each service's versions are written.
SERVICES = {
    "Microsoft.Resources": "resource",
    "Microsoft.Authorization": "authorization",
    "Microsoft.Network": "network",
    "Microsoft.Network/dnsZones": "dns",
    "Microsoft.Network/privateDnsZones": "privatedns",
    "Microsoft.ManagedIdentity": "msi",
    "Microsoft.ContainerService": "containerservice",
    "Microsoft.ContainerRegistry": "containerregistry",
    "Microsoft.DBforPostgreSQL": "postgresqlflexibleservers",
}

WHEN = {"PUT": {"create"}, "PATCH": {"update"}, "POST": {"create", "query"}}


class Schemas:
    def __init__(self, models, method):
        self.models = models
        self.method = method
        self.definitions = {}

    def of_model(self, model):
        name = model.__name__
        if name not in self.definitions:
            self.definitions[name] = {}  # models may hold themselves
            told = getattr(model, "_attribute_map", None)
            fields = self.old(model, told) if told is not None else self.new(model)
            self.definitions[name] = fields
        return {"$ref": f"#/$defs/{name}"}

    def new(self, model):
        """Models as they are written since 2024: typed fields with the requests that they may be in."""
        model({})  # the fields' names are gathered when the first one is made
        names = {**vars(importlib.import_module(model.__module__)), "_models": self.models}
        hints = {}
        for base in reversed(model.__mro__):
            if base.__module__.startswith("azure.mgmt") and base.__dict__.get("__annotations__"):
                there = {**vars(importlib.import_module(base.__module__)), "_models": self.models}
                hints.update(typing.get_type_hints(base, there, names))
        properties, required = {}, []
        for attribute, field in model._attr_to_rest_field.items():
            when = field._visibility
            if when is not None and not WHEN[self.method] & set(when):
                continue
            hint = hints[attribute]
            properties[field._rest_name] = self.of_hint(hint)
            if self.method == "PUT" and type(None) not in typing.get_args(hint):
                required.append(field._rest_name)
        return self.object(properties, required)

    def of_hint(self, hint):
        origin, words = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Union:
            kinds = [word for word in words if word is not type(None)]
            enums = [word for word in kinds if inspect.isclass(word) and issubclass(word, enum.Enum)]
            if enums:
                return {"enum": [member.value for member in enums[0]]}
            return self.of_hint(kinds[0]) if len(kinds) == 1 else {"anyOf": [self.of_hint(k) for k in kinds]}
        if origin is typing.Literal:
            return {"enum": [w.value if isinstance(w, enum.Enum) else w for w in words]}
        if origin is list:
            return {"type": "array", "items": self.of_hint(words[0])}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.of_hint(words[1])}
        if inspect.isclass(hint) and hasattr(hint, "as_dict"):
            return self.of_model(hint)
        plain = {str: "string", int: "integer", float: "number", bool: "boolean", bytes: "string"}
        return {"type": plain[hint]} if hint in plain else {}

    def old(self, model, told):
        """Models as they were written before: a map of names, and rules beside it."""
        rules = getattr(model, "_validation", {})
        tree = {}
        for attribute, entry in told.items():
            rule = rules.get(attribute, {})
            if rule.get("readonly"):
                continue
            path = [part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", entry["key"])]
            place = tree
            for part in path[:-1]:
                place = place.setdefault(part, {"fields": {}})["fields"]
            schema = self.of_name(entry["type"])
            for ours, theirs in (("min_length", "minLength"), ("max_length", "maxLength"), ("pattern", "pattern")):
                if ours in rule:
                    schema[theirs] = rule[ours]
            place[path[-1]] = {"schema": schema, "required": bool(rule.get("required"))}
        return self.of_tree(tree)

    def of_tree(self, tree):
        properties, required = {}, []
        for name, entry in tree.items():
            inner = "fields" in entry
            properties[name] = self.of_tree(entry["fields"]) if inner else entry["schema"]
            if (inner and self.needs(entry["fields"])) or (not inner and entry["required"]):
                required.append(name)
        return self.object(properties, required)

    def needs(self, tree):
        return any(self.needs(e["fields"]) if "fields" in e else e["required"] for e in tree.values())

    def of_name(self, name):
        if name.startswith("["):
            return {"type": "array", "items": self.of_name(name[1:-1])}
        if name.startswith("{"):
            return {"type": "object", "additionalProperties": self.of_name(name[1:-1])}
        plain = {"str": "string", "int": "integer", "long": "integer", "float": "number", "bool": "boolean"}
        if name in plain:
            return {"type": plain[name]}
        found = getattr(self.models, name, None)
        if inspect.isclass(found) and issubclass(found, enum.Enum):
            return {"enum": [member.value for member in found]}
        return self.of_model(found) if inspect.isclass(found) else {}

    def object(self, properties, required):
        return {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
            **({"required": sorted(required)} if required else {}),
        }


def schema_of(request, package, name):
    models = importlib.import_module(f"azure.mgmt.{package}.models")
    schemas = Schemas(models, request.split()[0])
    schema = schemas.of_model(getattr(models, name))
    return {**schema, "$defs": schemas.definitions}


def versions_of(package):
    folder = pathlib.Path(importlib.import_module(f"azure.mgmt.{package}").__path__[0])
    found = set()
    for file in folder.rglob("*.py"):
        found.update(re.findall(r"\"(20\d\d-\d\d-\d\d)\"", file.read_text()))
    return sorted(found)


json.dump(
    {
        "requests": {request: schema_of(request, *where) for request, where in REQUESTS.items()},
        "versions": {service: versions_of(package) for service, package in SERVICES.items()},
    },
    sys.stdout,
)
