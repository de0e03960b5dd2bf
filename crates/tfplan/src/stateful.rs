//! Kinds of resource whose deletion loses data.

/// Kinds that hold data, of the providers most used. A kind that is not here may hold data too; the
/// preview shows every deletion.
const KINDS: &[&str] = &[
    "aws_backup_vault",
    "aws_cloudwatch_log_group",
    "aws_db_cluster",
    "aws_db_instance",
    "aws_docdb_cluster",
    "aws_dynamodb_table",
    "aws_ebs_volume",
    "aws_ecr_repository",
    "aws_efs_file_system",
    "aws_elasticache_cluster",
    "aws_elasticache_replication_group",
    "aws_elasticsearch_domain",
    "aws_fsx_lustre_file_system",
    "aws_kinesis_stream",
    "aws_kms_key",
    "aws_msk_cluster",
    "aws_neptune_cluster",
    "aws_opensearch_domain",
    "aws_rds_cluster",
    "aws_rds_cluster_instance",
    "aws_redshift_cluster",
    "aws_s3_bucket",
    "aws_s3_object",
    "aws_secretsmanager_secret",
    "aws_sqs_queue",
    "azurerm_cosmosdb_account",
    "azurerm_key_vault",
    "azurerm_key_vault_secret",
    "azurerm_managed_disk",
    "azurerm_mssql_database",
    "azurerm_mysql_flexible_server",
    "azurerm_postgresql_flexible_server",
    "azurerm_redis_cache",
    "azurerm_storage_account",
    "azurerm_storage_blob",
    "azurerm_storage_container",
    "azurerm_storage_share",
    "google_bigquery_dataset",
    "google_bigquery_table",
    "google_bigtable_instance",
    "google_compute_disk",
    "google_filestore_instance",
    "google_firestore_database",
    "google_redis_instance",
    "google_secret_manager_secret",
    "google_spanner_database",
    "google_spanner_instance",
    "google_sql_database",
    "google_sql_database_instance",
    "google_storage_bucket",
    "google_storage_bucket_object",
    "ibm_cos_bucket",
    "ibm_database",
    "ibm_is_volume",
    "kubernetes_persistent_volume",
    "kubernetes_persistent_volume_claim",
    "kubernetes_persistent_volume_claim_v1",
    "kubernetes_persistent_volume_v1",
    "local_file",
    "local_sensitive_file",
    "openstack_blockstorage_volume_v3",
    "vault_kv_secret_v2",
    "vsphere_virtual_disk",
];

/// Whether a thing of this kind holds data that is lost with it.
pub fn holds_data(kind: &str) -> bool {
    KINDS.binary_search(&kind).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_since_it_is_searched_by_halves() {
        assert!(KINDS.is_sorted());
        assert!(holds_data("aws_s3_bucket"));
        assert!(!holds_data("aws_vpc"));
    }
}
