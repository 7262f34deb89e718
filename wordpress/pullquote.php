<?php
/**
 * Plugin Name: Pullquote
 * Description: Readers ask the posts of this site: puts the widget of a Pullquote server on its pages, and tells the server when posts have changed.
 * Version: 0.1.0
 * Requires at least: 6.0
 * Requires PHP: 7.4
 * License: GPL-2.0-or-later
 * License URI: https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain: pullquote
 *
 * @package Pullquote
 */

namespace Pullquote;

defined( 'ABSPATH' ) || exit;

const OPTION  = 'pullquote';
const SAID    = 'pullquote_said';
const SCRIPT  = 'pullquote-widget';
const SECONDS = 3; // that saving a post may wait for the server.

/**
 * What the owner has set.
 *
 * @return array{server: string, key: string, widget: bool}
 */
function options() {
	$set = get_option( OPTION );
	$set = array_merge(
		array(
			'server' => '',
			'key'    => '',
			'widget' => true,
		),
		is_array( $set ) ? $set : array()
	);
	if ( defined( 'PULLQUOTE_KEY' ) ) {
		$set['key'] = (string) PULLQUOTE_KEY;
	}
	return $set;
}

// ---------------------------------------------------------------- the widget

add_action(
	'wp_enqueue_scripts', // which the pages of the site have, and those of the administration do not.
	function () {
		$set = options();
		if ( '' !== $set['server'] && $set['widget'] ) {
			// phpcs:ignore WordPress.WP.EnqueuedResourceParameters.MissingVersion -- the server says how long it holds.
			wp_enqueue_script( SCRIPT, $set['server'] . '/widget.js', array(), null, true );
		}
	}
);

add_filter(
	'script_loader_tag',
	function ( $tag, $handle ) {
		return SCRIPT === $handle ? str_replace( ' src=', ' defer src=', $tag ) : $tag;
	},
	10,
	2
);

// ---------------------------------------------------------------- what has changed

add_action(
	'transition_post_status', // also when a published post is saved again.
	function ( $now, $before, $post ) {
		if ( 'publish' === $now || 'publish' === $before ) {
			tell_of( $post );
		}
	},
	10,
	3
);

add_action(
	'deleted_post', // without the trash between.
	function ( $id, $post ) {
		if ( 'publish' === $post->post_status ) {
			tell_of( $post );
		}
	},
	10,
	2
);

/**
 * The server is to be told of a post: at the end of this request, once, when all of it is saved.
 *
 * @param \WP_Post $post That was, or is, published.
 */
function tell_of( $post ) {
	if ( is_post_type_viewable( $post->post_type ) ) {
		add_action( 'shutdown', __NAMESPACE__ . '\tell' ); // The same name twice is one.
	}
}

/**
 * Ask the server for a sync, and keep what it says for the owner.
 */
function tell() {
	$set = options();
	if ( '' === $set['server'] || '' === $set['key'] ) {
		return;
	}
	$said = wp_remote_post(
		$set['server'] . '/api/sync',
		array(
			'timeout'     => SECONDS,
			'redirection' => 0, // The key is for that server alone.
			'headers'     => array( 'Authorization' => 'Bearer ' . $set['key'] ),
		)
	);
	update_option(
		SAID,
		array(
			'at'      => time(),
			'problem' => problem_of( $said ),
		),
		false
	);
}

/**
 * Why the server will not sync; empty where it will.
 *
 * @param array|\WP_Error $said Its answer.
 */
function problem_of( $said ) {
	if ( is_wp_error( $said ) ) {
		return $said->get_error_message();
	}
	$status = wp_remote_retrieve_response_code( $said );
	if ( 202 === $status ) {
		return '';
	}
	$told = json_decode( wp_remote_retrieve_body( $said ), true );
	if ( ! is_array( $told ) || ! is_string( $told['problem'] ?? null ) || ! is_string( $told['hint'] ?? null ) ) {
		/* translators: %d: a status of HTTP. */
		return sprintf( __( 'The server answered with status %d, and not as Pullquote does.', 'pullquote' ), $status );
	}
	return $told['problem'] . ' ' . $told['hint'];
}

// ---------------------------------------------------------------- the settings

add_action(
	'admin_menu',
	function () {
		add_options_page( 'Pullquote', 'Pullquote', 'manage_options', OPTION, __NAMESPACE__ . '\show' );
	}
);

add_action(
	'admin_init',
	function () {
		register_setting( OPTION, OPTION, array( 'sanitize_callback' => __NAMESPACE__ . '\sanitized' ) );
	}
);

// Told at once, so that the owner sees whether address and key are right.
add_action( 'add_option_' . OPTION, __NAMESPACE__ . '\tell', 10, 0 );
add_action( 'update_option_' . OPTION, __NAMESPACE__ . '\tell', 10, 0 );

/**
 * What is kept of what was typed. An empty key keeps the old one, for the same server.
 *
 * @param mixed $typed From the form.
 */
function sanitized( $typed ) {
	$typed  = is_array( $typed ) ? $typed : array();
	$before = options();
	$server = untrailingslashit( esc_url_raw( trim( (string) ( $typed['server'] ?? '' ) ), array( 'http', 'https' ) ) );
	$key    = preg_replace( '/[^A-Za-z0-9_-]/', '', (string) ( $typed['key'] ?? '' ) );
	if ( '' === $key && $server === $before['server'] && ! defined( 'PULLQUOTE_KEY' ) ) {
		$key = $before['key'];
	}
	return array(
		'server' => $server,
		'key'    => $key,
		'widget' => ! empty( $typed['widget'] ),
	);
}

/**
 * The page of settings.
 */
function show() {
	$set = options();
	?>
	<div class="wrap">
		<h1>Pullquote</h1>
		<form method="post" action="options.php">
			<?php settings_fields( OPTION ); ?>
			<table class="form-table" role="presentation">
				<tr>
					<th scope="row"><label for="pullquote-server"><?php esc_html_e( 'Address of the server', 'pullquote' ); ?></label></th>
					<td><input id="pullquote-server" name="pullquote[server]" type="url" class="regular-text" value="<?php echo esc_attr( $set['server'] ); ?>" placeholder="https://ask.example.org">
					<p class="description"><?php esc_html_e( 'Where “pullquote serve” answers, with this site among its widget_origins.', 'pullquote' ); ?></p></td>
				</tr>
				<tr>
					<th scope="row"><label for="pullquote-key"><?php esc_html_e( 'Key', 'pullquote' ); ?></label></th>
					<td><input id="pullquote-key" name="pullquote[key]" type="password" class="regular-text" autocomplete="off" placeholder="<?php echo esc_attr( '' === $set['key'] ? 'pq_…' : __( 'Kept; type another one to change it', 'pullquote' ) ); ?>"<?php disabled( defined( 'PULLQUOTE_KEY' ) ); ?>>
					<p class="description"><?php esc_html_e( 'From “pullquote key wordpress”. With it, the server is told when posts change; it needs “--sync” and the address of this site.', 'pullquote' ); ?></p></td>
				</tr>
				<tr>
					<th scope="row"><?php esc_html_e( 'Widget', 'pullquote' ); ?></th>
					<td><label><input name="pullquote[widget]" type="checkbox" value="1"<?php checked( $set['widget'] ); ?>> <?php esc_html_e( 'Show it on the pages of this site', 'pullquote' ); ?></label></td>
				</tr>
			</table>
			<?php show_said(); ?>
			<?php submit_button(); ?>
		</form>
	</div>
	<?php
}

/**
 * What the server said last.
 */
function show_said() {
	$said = get_option( SAID );
	if ( ! is_array( $said ) ) {
		return;
	}
	$when = wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ), $said['at'] );
	$well = '' === $said['problem'];
	$told = $well ? __( 'The server was told, and will sync.', 'pullquote' ) : $said['problem'];
	printf( '<div class="notice notice-%s inline"><p>%s: %s</p></div>', $well ? 'success' : 'error', esc_html( $when ), esc_html( $told ) );
}

// ---------------------------------------------------------------- its end

/**
 * Leave nothing behind.
 */
function forget() {
	delete_option( OPTION );
	delete_option( SAID );
}

register_activation_hook(
	__FILE__,
	function () {
		register_uninstall_hook( __FILE__, __NAMESPACE__ . '\forget' );
	}
);
