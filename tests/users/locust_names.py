"""The public names of Locust's own modules and objects, as its source and documentation have them."""

from __future__ import annotations

MODULES = {
    "locust": """
        Events FastHttpUser HttpLocust HttpUser LoadTestShape Locust MarkovTaskSet
        SequentialTaskSet TaskSet User __version__ between constant constant_pacing
        constant_throughput events run_single_user tag task transition transitions wait_time
    """,
    "locust.argument_parser": """
        DEFAULT_CONFIG_FILES LocustArgumentParser LocustConfigParser LocustTomlConfigParser
        UIExtraArgOptions default_args_dict download_locustfile_from_master
        download_locustfile_from_url exit_handler get_empty_argument_parser
        get_locustfiles_locally get_parser gt_zero json_user_config parse_locustfile_option
        parse_locustfile_paths parse_locustfiles_from_master parse_options positive_integer
        raise_argument_type_error retrieve_locustfiles_from_master setup_parser_arguments
        timespan ui_extra_args_dict version
    """,
    "locust.clients": """
        HttpSession LocustHttpAdapter ResponseContextManager absolute_http_url_regexp
        requests_version
    """,
    "locust.contrib.fasthttp": """
        ErrorResponse FAILURE_EXCEPTIONS FastHttpSession FastHttpUser FastRequest FastResponse
        LocustBadStatusCode LocustUserAgent ResponseContextManager RestResponseContextManager
        absolute_http_url_regexp insecure_ssl_context_factory
    """,
    "locust.debug": """
        PrintListener run_single_user
    """,
    "locust.env": """
        Environment RunnerType
    """,
    "locust.event": """
        DeprecatedEventHook EventHook Events
    """,
    "locust.exception": """
        CatchResponseError InterruptTaskSet LocustError MissingWaitTimeError RPCError
        RPCReceiveError RPCSendError RescheduleTask RescheduleTaskImmediately ResponseError
        RunnerAlreadyExistsError StopTest StopUser
    """,
    "locust.runners": """
        CONNECT_RETRY_COUNT CONNECT_TIMEOUT CPU_MONITOR_INTERVAL CPU_WARNING_THRESHOLD
        DistributedRunner ExceptionDict FALLBACK_INTERVAL HEARTBEAT_DEAD_INTERNAL
        HEARTBEAT_INTERVAL HEARTBEAT_LIVENESS LocalRunner MASTER_HEARTBEAT_TIMEOUT MasterRunner
        Runner WORKER_LOG_REPORT_INTERVAL WORKER_REPORT_INTERVAL WorkerNode WorkerNodes
        WorkerRunner locust_exception_handler
    """,
    "locust.shape": """
        LoadTestShape LoadTestShapeMeta
    """,
    "locust.stats": """
        CONSOLE_STATS_INTERVAL_SEC CSVWriter CSV_STATS_FLUSH_INTERVAL_SEC CSV_STATS_INTERVAL_SEC
        CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW CachedResponseTimes EntriesDict
        HISTORY_STATS_INTERVAL_SEC PERCENTILES_TO_CHART PERCENTILES_TO_REPORT
        PERCENTILES_TO_STATISTICS RequestStats RequestStatsAdditionError STATS_AUTORESIZE
        STATS_TYPE_WIDTH StatsBaseDict StatsCSV StatsCSVFileWriter StatsEntry StatsEntryDict
        StatsError StatsErrorDict StatsHolder avg bucket_response_time
        calculate_response_time_percentile console_logger diff_response_time_dicts
        get_error_report_summary get_percentile_stats_summary get_readable_percentiles
        get_stats_summary median_from_dict print_error_report print_percentile_stats print_stats
        print_stats_json resize_handler save_stats_json setup_distributed_stats_event_listeners
        sort_stats stats_history stats_printer update_stats_history validate_stats_configuration
    """,
    "locust.user.task": """
        DefaultTaskSet TaskHolder TaskSet TaskSetMeta TaskT filter_tasks_by_tags
        get_tasks_from_base_classes is_markov_taskset tag task
    """,
    "locust.user.users": """
        HttpUser PytestUser User UserMeta
    """,
    "locust.user.wait_time": """
        between constant constant_pacing constant_throughput
    """,
    "locust.user.sequential_taskset": """
        SequentialTaskSet SequentialTaskSetMeta
    """,
    "locust.user.markov_taskset": """
        InvalidTransitionError MarkovTaskSet MarkovTaskSetMeta MarkovTaskT MarkovTaskTagError
        NoMarkovTasksError NonMarkovTaskTransitionError get_markov_tasks is_markov_task
        to_weighted_list transition transitions validate_has_markov_tasks validate_markov_chain
        validate_no_tags validate_no_unreachable_tasks validate_task_name validate_transitions
    """,
    "locust.user.inspectuser": """
        get_ratio print_task_ratio print_task_ratio_json
    """,
    "locust.util.timespan": """
        parse_timespan
    """,
    "locust.util.rounding": """
        proper_round
    """,
    "locust.util.date": """
        format_duration format_safe_timestamp format_utc_timestamp
    """,
    "locust.util.cache": """
        memoize
    """,
    "locust.util.url": """
        is_url
    """,
    "locust.log": """
        HOSTNAME LogReader get_logs greenlet_exception_logger setup_logging
        unhandled_greenlet_exception
    """,
    "locust.dispatch": """
        UsersDispatcher
    """,
    "locust.html": """
        DEFAULT_BUILD_PATH PERCENTILES_FOR_HTML_REPORT get_html_report process_html_filename
        render_template_from
    """,
    "locust.input_events": """
        InitError UnixKeyPoller WindowsKeyPoller get_poller input_listener
    """,
    "locust.web": """
        AuthArgs AuthProvider CustomForm DEFAULT_CACHE_TIME HOST_IS_REQUIRED InputField WebUI
        greenlet_exception_handler
    """,
    "locust.main": """
        COMMON_OPTIONS create_environment main merge_locustfiles_content version
    """,
    "locust.util.directory": """
        get_abspaths_in
    """,
    "locust.util.load_locustfile": """
        is_shape_class is_user_class load_locustfile load_locustfile_pytest
    """,
    "locust.util.exception_handler": """
        retry
    """,
    "locust.util.deprecation": """
        DeprecatedFastHttpLocustClass DeprecatedHttpLocustClass DeprecatedLocustClass
        check_for_deprecated_task_set_attribute deprecated_locust_meta_class
    """,
    "locust.opentelemetry": """
        MAX_REQUEST_NAMES request_names setup_opentelemetry
    """,
}
"""Names to import, by module."""

ATTRIBUTES = {
    ("HttpUser", "self.environment"): """
        assign_equal_weights available_shape_classes available_user_classes available_user_tasks
        catch_exceptions create_local_runner create_master_runner create_web_ui
        create_worker_runner dispatcher_class events exclude_tags host locustfile
        parsed_locustfiles parsed_options process_exit_code profile reset_stats runner
        shape_class stats stop_timeout tags update_user_class update_worker_logs user_classes
        user_classes_by_name web_ui worker_logs
    """,
    ("HttpUser", "self.environment.runner"): """
        connection_broken cpu_log_warning cpu_warning_emitted current_cpu_usage
        current_memory_usage custom_messages environment errors exceptions
        final_user_classes_count greenlet log_exception monitor_cpu_and_memory on_request
        on_spawning_complete quit register_message send_message shape_greenlet shape_last_tick
        shape_worker spawn spawn_users spawning_greenlet start start_shape state stats stop
        stop_users target_user_classes_count target_user_count update_state user_classes
        user_classes_by_name user_classes_count user_count user_greenlets
        worker_cpu_warning_emitted
    """,
    ("HttpUser", "self.environment.stats"): """
        clear_all entries errors get history last_request_timestamp log_error log_request
        num_failures num_none_requests num_requests reset_all serialize_errors serialize_stats
        start_time total use_response_times_cache
    """,
    ("HttpUser", "self.environment.stats.total"): """
        avg_content_length avg_response_time current_fail_per_sec current_rps extend fail_ratio
        get_current_response_time_percentile get_response_time_percentile get_stripped_report
        last_request_timestamp log log_error max_response_time median_response_time method
        min_response_time name num_fail_per_sec num_failures num_none_requests num_reqs_per_sec
        num_requests percentile reset response_times response_times_cache serialize start_time
        stats to_dict to_string total_content_length total_fail_per_sec total_response_time
        total_rps unserialize use_response_times_cache
    """,
    ("HttpUser", "self"): """
        abstract context environment fixed_count fullname greenlet group host json on_start
        on_stop run run_user start stop tasks wait wait_time weight
    """,
    ("FastHttpUser", "self"): """
        abstract client client_pool concurrency connection_timeout default_headers insecure
        max_redirects max_retries network_timeout proxy_host proxy_port rest rest_
        ssl_context_factory
    """,
    ("HttpUser", "self.client"): """
        adapters auth base_url cert close cookies delete get get_adapter get_redirect_target
        head headers hooks max_redirects mount options params patch post prepare_request proxies
        put rebuild_auth rename_request request request_event request_name send stream trust_env
        user verify
    """,
    ("FastHttpUser", "self.client"): """
        auth_header base_url client cookiejar delete get head iter_lines options patch post put
        request request_event user
    """,
    ("FastHttpUser", "self.client.get('/x')"): """
        encoding failure headers iter_content json ok raise_for_status request status_code
        success text url
    """,
    ("HttpUser", "self.client.get('/x')"): """
        apparent_encoding close connection content cookies elapsed encoding headers history
        is_permanent_redirect is_redirect iter_content iter_lines json links next ok
        raise_for_status raw reason request status_code text url
    """,
    ("HttpUser", "self.environment.events"): """
        cpu_warning heartbeat_received heartbeat_sent init init_command_line_parser quit
        quitting report_to_master request reset_stats spawning_complete test_start test_stop
        test_stopping usage_monitor user_error worker_connect worker_report
    """,
}
"""Attributes, by the kind of user whose task asks an expression for them."""
