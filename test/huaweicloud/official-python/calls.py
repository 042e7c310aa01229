"""The calls of the operator, one function each, made by Huawei's official clients.

The arguments are those of the official request models, by their Python names.
"""

from huaweicloudsdkbss import v2 as bss
from huaweicloudsdkcbr import v1 as cbr
from huaweicloudsdkcce import v3 as cce
from huaweicloudsdkcore.auth.credentials import BasicCredentials, GlobalCredentials
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkdcc import v1 as dcc
from huaweicloudsdkdeh import v1 as deh
from huaweicloudsdkecs import v2 as ecs
from huaweicloudsdkiam import v3 as iam
from huaweicloudsdkmrs import v1 as mrs_v1
from huaweicloudsdkmrs import v2 as mrs_v2
from huaweicloudsdkrds import v3 as rds
from huaweicloudsdksts import v1 as sts


def make(name, arguments, account):
    """Makes the call of that name. Gives the client that made it, and its response."""
    make_client, call = CALLS[name]
    client = make_client(account)
    return client, call(client, arguments)


def built(client_class, credentials, account):
    if "securityToken" in account:
        credentials = credentials.with_security_token(account["securityToken"])
    return (
        client_class.new_builder()
        # Without a name the core writes an application id into the home directory.
        .with_http_config(HttpConfig(user_agent="dcc-operator-tests", timeout=20))
        .with_credentials(credentials)
        .with_endpoint(account["url"])
        .build()
    )


def regional(client_class):
    """A client whose calls carry X-Project-Id."""
    return lambda account: built(
        client_class, BasicCredentials(account["accessKey"], account["secretKey"], account["projectId"]), account
    )


def global_(client_class):
    """A client whose calls carry X-Domain-Id."""
    return lambda account: built(
        client_class, GlobalCredentials(account["accessKey"], account["secretKey"], account["domainId"]), account
    )


# Identity: who we are.


def keystone_list_projects(client, arguments):
    return client.keystone_list_projects(iam.KeystoneListProjectsRequest(**arguments))


def keystone_list_auth_domains(client, arguments):
    return client.keystone_list_auth_domains(iam.KeystoneListAuthDomainsRequest(**arguments))


def get_caller_identity(client, arguments):
    return client.get_caller_identity(sts.GetCallerIdentityRequest(**arguments))


# The billing centre.


def list_service_types(client, arguments):
    return client.list_service_types(bss.ListServiceTypesRequest(**arguments))


def list_pay_per_use_customer_resources(client, arguments):
    body = bss.QueryResourcesReq(**arguments)
    return client.list_pay_per_use_customer_resources(bss.ListPayPerUseCustomerResourcesRequest(body=body))


def show_customer_account_balances(client, arguments):
    return client.show_customer_account_balances(bss.ShowCustomerAccountBalancesRequest(**arguments))


def list_customer_orders(client, arguments):
    return client.list_customer_orders(bss.ListCustomerOrdersRequest(**arguments))


def show_customer_order_details(client, arguments):
    return client.show_customer_order_details(bss.ShowCustomerOrderDetailsRequest(**arguments))


def list_customerself_resource_records(client, arguments):
    return client.list_customerself_resource_records(bss.ListCustomerselfResourceRecordsRequest(**arguments))


def cancel_resources_subscription(client, arguments):
    body = bss.UnsubscribeResourcesReq(**arguments)
    return client.cancel_resources_subscription(bss.CancelResourcesSubscriptionRequest(body=body))


def show_refund_order_details(client, arguments):
    return client.show_refund_order_details(bss.ShowRefundOrderDetailsRequest(**arguments))


def cancel_auto_renewal_resources(client, arguments):
    return client.cancel_auto_renewal_resources(bss.CancelAutoRenewalResourcesRequest(**arguments))


# Servers and what is on them.


def show_resource_clusters(client, arguments):
    return client.show_resource_clusters(dcc.ShowResourceClustersRequest(**arguments))


def show_dedicated_host(client, arguments):
    return client.show_dedicated_host(deh.ShowDedicatedHostRequest(**arguments))


def list_servers_dedicated_host(client, arguments):
    return client.list_servers_dedicated_host(deh.ListServersDedicatedHostRequest(**arguments))


def list_cloud_servers(client, arguments):
    return client.list_cloud_servers(ecs.ListCloudServersRequest(**arguments))


def list_servers_details(client, arguments):
    return client.list_servers_details(ecs.ListServersDetailsRequest(**arguments))


def show_server(client, arguments):
    return client.show_server(ecs.ShowServerRequest(**arguments))


def list_recycle_bin_servers(client, arguments):
    return client.list_recycle_bin_servers(ecs.ListRecycleBinServersRequest(**arguments))


def list_cce_clusters(client, arguments):
    return client.list_clusters(cce.ListClustersRequest(**arguments))


def list_cce_nodes(client, arguments):
    return client.list_nodes(cce.ListNodesRequest(**arguments))


def list_mrs_clusters(client, arguments):
    return client.list_clusters(mrs_v1.ListClustersRequest(**arguments))


def list_mrs_nodes(client, arguments):
    return client.list_nodes(mrs_v2.ListNodesRequest(**arguments))


def list_rds_instances(client, arguments):
    return client.list_instances(rds.ListInstancesRequest(**arguments))


# Backups.


def list_backups(client, arguments):
    return client.list_backups(cbr.ListBackupsRequest(**arguments))


def list_vaults(client, arguments):
    return client.list_vault(cbr.ListVaultRequest(**arguments))


def show_checkpoint(client, arguments):
    return client.show_checkpoint(cbr.ShowCheckpointRequest(**arguments))


CALLS = {
    "iam.KeystoneListProjects": (global_(iam.IamClient), keystone_list_projects),
    "iam.KeystoneListAuthDomains": (global_(iam.IamClient), keystone_list_auth_domains),
    "sts.GetCallerIdentity": (regional(sts.StsClient), get_caller_identity),
    "billing.ListServiceTypes": (global_(bss.BssClient), list_service_types),
    "billing.ListPayPerUseCustomerResources": (global_(bss.BssClient), list_pay_per_use_customer_resources),
    "billing.ShowCustomerAccountBalances": (global_(bss.BssClient), show_customer_account_balances),
    "billing.ListCustomerOrders": (global_(bss.BssClient), list_customer_orders),
    "billing.ShowCustomerOrderDetails": (global_(bss.BssClient), show_customer_order_details),
    "billing.ListCustomerselfResourceRecords": (global_(bss.BssClient), list_customerself_resource_records),
    "billing.CancelResourcesSubscription": (global_(bss.BssClient), cancel_resources_subscription),
    "billing.ShowRefundOrderDetails": (global_(bss.BssClient), show_refund_order_details),
    "billing.CancelAutoRenewalResources": (global_(bss.BssClient), cancel_auto_renewal_resources),
    "dcc.ShowResourceClusters": (regional(dcc.DccClient), show_resource_clusters),
    "deh.ShowDedicatedHost": (regional(deh.DeHClient), show_dedicated_host),
    "deh.ListServersDedicatedHost": (regional(deh.DeHClient), list_servers_dedicated_host),
    "ecs.ListCloudServers": (regional(ecs.EcsClient), list_cloud_servers),
    "ecs.ListServersDetails": (regional(ecs.EcsClient), list_servers_details),
    "ecs.ShowServer": (regional(ecs.EcsClient), show_server),
    "ecs.ListRecycleBinServers": (regional(ecs.EcsClient), list_recycle_bin_servers),
    "cce.ListClusters": (regional(cce.CceClient), list_cce_clusters),
    "cce.ListNodes": (regional(cce.CceClient), list_cce_nodes),
    "mrs.ListClusters": (regional(mrs_v1.MrsClient), list_mrs_clusters),
    "mrs.ListNodes": (regional(mrs_v2.MrsClient), list_mrs_nodes),
    "rds.ListInstances": (regional(rds.RdsClient), list_rds_instances),
    "cbr.ListBackups": (regional(cbr.CbrClient), list_backups),
    "cbr.ListVault": (regional(cbr.CbrClient), list_vaults),
    "cbr.ShowCheckpoint": (regional(cbr.CbrClient), show_checkpoint),
}
